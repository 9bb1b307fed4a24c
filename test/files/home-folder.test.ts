// A user without a line in /etc/passwd and without HOME: Node has no home for it and throws.

import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { after, test } from 'node:test';
import { homeFolder } from '../../source/files/home-folder.ts';
import { defaultSettingsFile, readSettings } from '../../source/settings.ts';

const { homedir } = os;
const become = (home: () => string) => {
	os.homedir = home;
	syncBuiltinESMExports();
};
after(() => become(homedir));

test('without a home the settings are those of nobody, and nothing fails', () => {
	assert.equal(homeFolder(), homedir());
	become(() => {
		throw new Error('uv_os_homedir returned ENOENT');
	});
	assert.equal(homeFolder(), '/');
	const file = defaultSettingsFile({});
	assert.equal(file, '/.config/redis-top/settings.json');
	assert.ok('settings' in readSettings(file, false));
});

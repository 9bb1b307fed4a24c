// What the commands that we start see of our environment: all but the passwords for servers. They are for nobody who is
// called: a pager, a tunnel.

const secret = /^(REDIS|VALKEY|REDICT)CLI_AUTH$/;

/** Our environment without its passwords. */
export const environmentForOthers = (): Record<string, string | undefined> =>
	Object.fromEntries(Object.entries(process.env).filter(([name]) => !secret.test(name)));

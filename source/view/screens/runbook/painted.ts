// The lines of a runbook's step with their styles. What they say and how they are broken is lines.ts.

import type { Line, Style } from '../../theme.ts';
import type { PaneLine, PaneRole } from './lines.ts';

const styles: { readonly [R in PaneRole]: Style | undefined } = {
	plain: undefined,
	label: 'dim',
	heading: 'bold',
	cursor: 'inverse',
	fine: undefined,
	look: 'warn',
	act: 'crit',
	unknown: undefined,
};

export const paneLine = ({ spans }: PaneLine): Line =>
	spans.map(({ text, role }) => ({ text, style: styles[role] }));

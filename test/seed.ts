// Loaded before every test file. Property tests draw new values at each run, which is how they find what nobody
// thought of; FAST_CHECK_SEED pins them, so that CI judges a change and not its luck. A failure prints its own seed.

import fc from 'fast-check';
import { often } from './lane.ts';

const seed = Number(process.env.FAST_CHECK_SEED);
fc.configureGlobal({ numRuns: often(30, 100), ...(Number.isInteger(seed) && seed !== 0 && { seed }) });

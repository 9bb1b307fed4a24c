import { startDelay } from './big-keys/delay.ts';
const d = await startDelay(Number(process.argv[2]), 400); console.log(d.port);

/** Process entry point of the command line. */
import { exitCodes } from '../errors/catalogue';
import { obeysSignal, run } from './run';

const interrupt = new AbortController();
const argv = process.argv.slice(2);

function onInterrupt(): void {
  const second = interrupt.signal.aborted;
  interrupt.abort();
  if (second || !obeysSignal(argv)) process.exit(exitCodes.interrupted);
}

process.on('SIGINT', onInterrupt);
process.on('SIGTERM', onInterrupt);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok);
});

void run({
  argv,
  env: process.env,
  cwd: process.cwd(),
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  signal: interrupt.signal,
}).then((exitCode) => {
  process.exitCode = interrupt.signal.aborted ? exitCodes.interrupted : exitCode;
});

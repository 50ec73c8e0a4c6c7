/** `node dist/workers/simulation/main.js`: simulates what standard input asks for, and answers with one JSON document. */
import { text } from 'node:stream/consumers';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type ExitCode, errorCatalogue, exitCodes } from '../../errors/catalogue';
import { isVolanteError } from '../../errors/volante-error';
import type { SimulatedRun } from '../../simulation/result';
import { scrub } from '../../telemetry/personal-data';
import { simulationBundle } from '../workflow-bundle';
import { Ground } from './ground';
import { simulateRun } from './one-run';
import type { SimulationRequest } from './request';

const interrupt = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => interrupt.abort());

async function main(): Promise<SimulatedRun[]> {
  const progress = (line: string): void => void process.stderr.write(`${scrub(line)}\n`);
  const request = JSON.parse(await text(process.stdin)) as SimulationRequest;
  // What workers log is about servers that are gone in a moment; what matters comes back as an answer.
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
  const files = request.files.map(({ path, content }) => ({ path, content: Buffer.from(content, 'base64') }));
  const ground = await Ground.prepare({ bundleFile: simulationBundle('').file, progress });
  try {
    const runs: SimulatedRun[] = [];
    for (const seed of request.seeds) {
      if (request.seeds.length > 1) progress(`simulating ${runs.length + 1} of ${request.seeds.length} (seed ${seed})`);
      runs.push(await simulateRun(ground, { ...request, files, seed, signal: interrupt.signal }));
    }
    return runs;
  } finally {
    await ground.clear();
  }
}

function answer(document: object, exitCode: ExitCode): void {
  process.stdout.write(JSON.stringify(document), () => process.exit(exitCode));
}

main().then(
  (runs) => answer({ runs }, exitCodes.ok),
  (error: unknown) => {
    const code = isVolanteError(error) ? error.code : 'VOL-001';
    const message = scrub(error instanceof Error ? error.message : String(error));
    answer({ error: { code, message } }, errorCatalogue[code].exitCode);
  },
);

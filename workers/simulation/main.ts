/** `node dist/workers/simulation/main.js`: simulates what standard input asks for, and answers with one JSON document. */
import { text } from 'node:stream/consumers';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { exitCodes } from '../../errors/catalogue';
import { isVolanteError } from '../../errors/volante-error';
import type { SimulatedRun } from '../../simulation/result';
import { scrub } from '../../telemetry/personal-data';
import { simulationBundle } from '../workflow-bundle';
import { Ground } from './ground';
import { simulateRun } from './one-run';
import type { SimulationRequest } from './request';

async function main(): Promise<SimulatedRun[]> {
  const progress = (line: string): void => void process.stderr.write(`${scrub(line)}\n`);
  const request = JSON.parse(await text(process.stdin)) as SimulationRequest;
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
  const files = request.files.map(({ path, content }) => ({ path, content: Buffer.from(content, 'base64') }));
  const ground = await Ground.prepare({ bundleFile: simulationBundle('').file, progress });
  try {
    const runs: SimulatedRun[] = [];
    for (const seed of request.seeds) {
      if (request.seeds.length > 1) progress(`simulating ${runs.length + 1} of ${request.seeds.length} (seed ${seed})`);
      runs.push(await simulateRun(ground, { ...request, files, seed }));
    }
    return runs;
  } finally {
    await ground.clear();
  }
}

main().then(
  (runs) => {
    process.stdout.write(JSON.stringify({ runs }), () => process.exit(exitCodes.ok));
  },
  (error: unknown) => {
    const message = scrub(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.stdout.write(
      JSON.stringify({ error: { code: isVolanteError(error) ? error.code : 'VOL-001', message } }),
      () => process.exit(exitCodes.bug),
    );
  },
);

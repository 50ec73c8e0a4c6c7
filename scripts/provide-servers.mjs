/**
 * Puts servers that are no dependencies into the per-user cache, unless they are there: the Temporal binary, the time-skipping
 * test server, and Unleash. Without Unleash one suite says that it cannot run; without the others nothing can. Needs a build.
 */
import { existsSync } from 'node:fs';

const built = new URL('../dist/workers/binaries/', import.meta.url);
if (!existsSync(new URL('temporal-binary.js', built))) throw new Error('not built: run `npm run build`');
const { default: temporal } = await import(new URL('temporal-binary.js', built));
const { default: testServer } = await import(new URL('test-server-binary.js', built));
const { default: unleash } = await import(new URL('unleash-server.js', built));

const progress = (line) => process.stdout.write(`${line}\n`);

async function provide(ensure) {
  const startedAt = performance.now();
  const { path, source } = await ensure({ progress });
  progress(`${path} (${source}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}

async function provideTemporal() {
  for (const ensure of [temporal.ensureTemporalBinary, testServer.ensureTestServer]) await provide(ensure);
}

const [temporalOutcome] = await Promise.allSettled([provideTemporal(), provide(unleash.ensureUnleashServer)]);
if (temporalOutcome.status === 'rejected') {
  const error = temporalOutcome.reason;
  progress(`${error.code ?? 'error'}  ${error.message}\n  = fix: ${error.fix ?? 'see above'}`);
  process.exitCode = 1;
}

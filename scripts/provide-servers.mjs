/** Puts the Temporal binary and the time-skipping test server into the per-user cache, unless they are there. Needs a build. */
import { existsSync } from 'node:fs';

const built = new URL('../dist/workers/binaries/', import.meta.url);
if (!existsSync(new URL('temporal-binary.js', built))) throw new Error('not built: run `npm run build`');
const { default: temporal } = await import(new URL('temporal-binary.js', built));
const { default: testServer } = await import(new URL('test-server-binary.js', built));

const progress = (line) => process.stdout.write(`${line}\n`);
try {
  for (const ensure of [temporal.ensureTemporalBinary, testServer.ensureTestServer]) {
    const { path, source } = await ensure({ progress });
    progress(`${path} (${source})`);
  }
} catch (error) {
  progress(`${error.code ?? 'error'}  ${error.message}\n  = fix: ${error.fix ?? 'see above'}`);
  process.exitCode = 1;
}

/** Stripe's own mock of its API, of the pinned version; each test file starts its own. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../workers/binaries/cache-directory';
import { freePort } from '../../workers/binaries/free-port';
import { endWithUs } from './end-with-us';
import { eventually } from './eventually';

const folder = join(cacheDirectory(process.env), 'stripe-mock', 'v0.203.0');

/** Why there is none, in one line. */
export function whyNoStripeMock(): string | undefined {
  if (existsSync(join(folder, 'stripe-mock'))) return undefined;
  const reason = join(folder, 'reason');
  return existsSync(reason)
    ? readFileSync(reason, 'utf8')
    : 'stripe-mock is not in the cache: `node scripts/provide-stripe-mock.mjs` puts it there';
}

export async function startStripeMock(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const server = spawn(join(folder, 'stripe-mock'), ['-http-port', String(port)], { stdio: 'ignore' });
  const release = endWithUs(server.pid ?? 0);
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(url)).status > 0 || undefined, {
    timeoutMs: 30_000,
    what: 'stripe-mock answers',
  });
  return {
    url,
    async stop() {
      server.kill('SIGTERM');
      await ended;
      release();
    },
  };
}

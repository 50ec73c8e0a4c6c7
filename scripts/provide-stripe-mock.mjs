/** Puts stripe-mock into the cache, once: the tests of the Stripe platform talk to it. `node scripts/provide-stripe-mock.mjs` */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = 'v0.203.0';
const cache = process.env.VOLANTE_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'volante');
const folder = join(cache, 'stripe-mock', version);
const program = join(folder, 'stripe-mock');

if (!existsSync(program)) {
  mkdirSync(folder, { recursive: true });
  const go = spawnSync('go', ['install', `github.com/stripe/stripe-mock@${version}`], {
    env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
    encoding: 'utf8',
    timeout: 10 * 60_000,
  });
  if (!existsSync(program)) {
    const why = go.error ? 'there is no Go to build it with' : `go install ended with ${go.status}`;
    writeFileSync(join(folder, 'reason'), `stripe-mock ${version} could not be installed: ${why}`);
    process.stderr.write(`${why}\n`);
    process.exitCode = 1;
  }
}
if (existsSync(program)) process.stdout.write(`${program}\n`);

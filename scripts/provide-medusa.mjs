/**
 * Puts a Medusa server with its loyalty plugin into the cache, once: the opt-in suite `npm run test:medusa` talks to it.
 * 680 MB, a minute or more. `node scripts/provide-medusa.mjs`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = '2.21.2';
const packages = [
  ...['medusa', 'framework', 'cli'].map((name) => `@medusajs/${name}@${version}`),
  '@medusajs/loyalty-plugin@2.21.1',
];
const config = `const { defineConfig } = require('@medusajs/framework/utils');

const secret = process.env.MEDUSA_SECRET;

module.exports = defineConfig({
  admin: { disable: true },
  plugins: [{ resolve: '@medusajs/loyalty-plugin', options: {} }],
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { ssl: false },
    http: { jwtSecret: secret, cookieSecret: secret, storeCors: '*', adminCors: '*', authCors: '*' },
  },
});
`;

const cache = process.env.VOLANTE_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'volante');
const folder = join(cache, 'medusa', version);
const main = join(folder, 'node_modules', '@medusajs', 'cli', 'cli.js');

if (!existsSync(main)) {
  const draft = `${folder}.partial-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'package.json'), `${JSON.stringify({ name: 'medusa-peer', private: true })}\n`);
  writeFileSync(join(draft, 'medusa-config.js'), config);
  // The plugin asks for the patch before this one, and for the parts of an admin page that nobody opens here.
  const words = ['install', '--legacy-peer-deps', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync('npm', [...words, ...packages], { cwd: draft, encoding: 'utf8', timeout: 20 * 60_000 });
  if (npm.status === 0) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } else {
    rmSync(draft, { recursive: true, force: true });
    process.stderr.write(`Medusa ${version} could not be installed: npm ended with ${npm.status}\n`);
    process.exitCode = 1;
  }
}
if (existsSync(main)) process.stdout.write(`${folder}\n`);

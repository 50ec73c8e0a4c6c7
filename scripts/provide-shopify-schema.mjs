/** Puts Shopify's Admin schema, as its own package publishes it, and a GraphQL reader into the cache, once. Only tests use them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const packages = { '@shopify/dev-mcp': '1.16.0', graphql: '16.15.0' };
const cache = process.env.VOLANTE_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'volante');
const folder = join(cache, 'shopify-schema', packages['@shopify/dev-mcp']);
const schema = join(folder, 'package', 'dist', 'data', 'admin_2026-10.json.gz');
const reader = join(folder, 'node_modules', 'graphql', 'index.js');

if (!existsSync(schema) || !existsSync(reader)) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const run = (program, words) => spawnSync(program, words, { cwd: folder, stdio: 'ignore', timeout: 5 * 60_000 });
  run('npm', ['pack', `@shopify/dev-mcp@${packages['@shopify/dev-mcp']}`]);
  run('tar', ['xzf', `shopify-dev-mcp-${packages['@shopify/dev-mcp']}.tgz`]);
  run('npm', ['install', `graphql@${packages.graphql}`, '--ignore-scripts', '--no-audit', '--no-fund']);
}
if (existsSync(schema) && existsSync(reader)) process.stdout.write(`${folder}\n`);
else {
  writeFileSync(join(folder, 'reason'), "Shopify's schema could not be had from the npm registry");
  process.exitCode = 1;
}

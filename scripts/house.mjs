/** `npm run house`: checks who imports whom, over every folder that holds code. Arguments are passed to each check. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const notOurs = new Set(['node_modules', 'dist', 'coverage', 'docs', 'campaigns', 'scripts', 'bin']);
const holdsCode = (folder) =>
  readdirSync(join(root, folder), { recursive: true }).some((name) => /\.tsx?$/.test(String(name)));

const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !notOurs.has(entry.name))
  .map(({ name }) => name)
  .filter(holdsCode);

let failed = false;
for (const config of ['.dependency-cruiser.cjs', '.dependency-cruiser-reach.cjs']) {
  if (!existsSync(join(root, config))) throw new Error(`${config} is missing`);
  const words = [program, '--config', config, '--output-type', 'err-long', ...folders];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;

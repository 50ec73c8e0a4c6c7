/** `npm run demo`: installs and builds what is missing, then runs the demo. Plain Node, no packages. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dependenciesAreInstalled, installCommand } from './dependencies.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
function run(command, ...words) {
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Volante needs Node 20.19 or newer; this is ${process.version}.\n`);
  process.exit(3);
}
if (!dependenciesAreInstalled(root)) {
  process.stdout.write('Installing dependencies (once) …\n');
  run('npm', ...installCommand);
}
process.stdout.write('Building …\n');
run('npm', 'run', '--silent', 'build');

const demo = spawnSync(process.execPath, [join(root, 'dist', 'workers', 'demo', 'main.js'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(demo.status ?? 130);

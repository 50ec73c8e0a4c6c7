/**
 * Builds Gitea into the cache, once, from its Go module: `npm run test:gitea` publishes plans to it. Takes minutes, and needs Go
 * and a C compiler (SQLite). `node scripts/provide-gitea.mjs`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const version = 'v1.24.6';
const module = 'code.gitea.io/gitea';
const cache = process.env.VOLANTE_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'volante');
const folder = join(cache, 'gitea', version);
const program = join(folder, 'gitea');

if (!existsSync(program)) {
  try {
    build();
  } catch (error) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'reason'), `Gitea ${version} could not be built: ${error.message}`);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
if (existsSync(program)) process.stdout.write(`${program}\n`);

/** `go install` refuses modules that replace others; a module of our own with the same replacements builds it. */
function build() {
  const workshop = join(folder, 'build');
  mkdirSync(workshop, { recursive: true });
  const { Dir: source } = JSON.parse(go(['mod', 'download', '-json', `${module}@${version}`], { cwd: workshop }));
  const written = readFileSync(join(source, 'go.mod'), 'utf8').replace(/^module .*$/m, 'module volante.example/gitea');
  writeFileSync(join(workshop, 'go.mod'), `${written}\nrequire ${module} ${version}\n`);
  writeFileSync(join(workshop, 'go.sum'), readFileSync(join(source, 'go.sum')));
  const made = join(workshop, 'gitea');
  go(['build', '-tags', 'sqlite sqlite_unlock_notify', '-o', made, module], { cwd: workshop });
  // What it reads while it runs.
  for (const part of ['templates', 'options', 'public']) {
    cpSync(join(source, part), join(folder, 'static', part), { recursive: true });
  }
  cpSync(made, program);
  rmSync(workshop, { recursive: true, force: true });
}

function go(words, { cwd }) {
  const { status, stdout, stderr, error } = spawnSync('go', words, {
    cwd,
    env: { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false' },
    encoding: 'utf8',
    timeout: 30 * 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Error(error.code === 'ENOENT' ? 'there is no Go to build it with' : error.message);
  if (status !== 0) throw new Error(`go ${words[0]} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

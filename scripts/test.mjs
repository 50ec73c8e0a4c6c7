/**
 * `npm test`: everything that must hold before a change lands. Plain Node, no packages: it runs in a fresh clone.
 *
 * Installs what is missing, builds, provides servers, checks statically, runs the suites. Every phase is timed and every
 * failure fails the run; static checks and suites all run, so that one run tells all. The last line counts the tests.
 * Arguments name suites (`npm test -- unit chaos`); none means all.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertLockAgrees, dependenciesAreInstalled, installCommand } from './dependencies.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const minutes = 60_000;

/** Suites that may share the machine with each other, then those that need it for themselves. */
const suiteGroups = [['unit', 'workflow', 'replay'], ['integration'], ['chaos'], ['browser']];
const allSuites = suiteGroups.flat();

const phases = [];
const notes = [];
const home = mkdtempSync(join(tmpdir(), 'volante-test-run-'));
const summaryFile = join(home, 'summary');

async function main() {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !allSuites.includes(name));
  if (unknown.length > 0) throw new Error(`no such suite: ${unknown.join(', ')} (there are ${allSuites.join(', ')})`);
  const wanted = asked.length > 0 ? asked : allSuites;

  if (!(await installDependencies())) return;
  if (!(await phase('build', 'npm', ['run', '--silent', 'build'], 5))) return;
  if (!(await phase('servers', process.execPath, ['scripts/provide-servers.mjs'], 25))) return;
  // Where these cannot be had, their suites say so.
  for (const peer of ['stripe-mock', 'shopify-schema'])
    spawnSync(process.execPath, [`scripts/provide-${peer}.mjs`], { cwd: root, stdio: 'ignore', timeout: 10 * minutes });
  if (asked.length === 0) {
    await phase('types', 'npm', ['run', '--silent', 'typecheck'], 5);
    await phase('lint', 'npm', ['run', '--silent', 'lint'], 5);
    await phase('house rules', 'npm', ['run', '--silent', 'house'], 5);
    await phase('dead code', 'npm', ['run', '--silent', 'dead'], 5);
  }
  if (wanted.includes('browser') && hasTests('browser')) provideChromium();
  for (const group of suiteGroups) await runSuites(group.filter((name) => wanted.includes(name)));
}

async function runSuites(group) {
  for (const name of group.filter((name) => !hasTests(name)))
    notes.push(`suite ${name}: not run because it has no tests`);
  const suites = group.filter(hasTests);
  if (suites.length === 0) return;
  const words = ['node_modules/jest/bin/jest.js', '--selectProjects', ...suites];
  if (suites.includes('browser')) words.push('--runInBand');
  if (process.env.CI) words.push('--forceExit');
  await phase(suites.join(', '), process.execPath, words, 25);
}

/** Runs one command; prints and keeps how long it took and whether it succeeded. */
async function phase(name, command, words, limitMinutes) {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${name}\n`);
  const child = spawn(command, words, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, VOLANTE_TEST_SUMMARY: summaryFile },
  });
  const timer = setTimeout(() => {
    notes.push(`${name}: ended after ${limitMinutes} minutes`);
    child.kill('SIGKILL');
  }, limitMinutes * minutes);
  const ok = await new Promise((resolve) => {
    child.once('error', (error) => {
      notes.push(`${name}: ${error.message}`);
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
  clearTimeout(timer);
  phases.push({ name, ok, seconds: (performance.now() - startedAt) / 1000 });
  return ok;
}

async function installDependencies() {
  assertLockAgrees(root);
  if (dependenciesAreInstalled(root)) return true;
  if (!(await phase('dependencies', 'npm', installCommand, 15))) return false;
  if (dependenciesAreInstalled(root)) return true;
  throw new Error('npm installed something else than package-lock.json names: remove node_modules and try again');
}

function hasTests(suite) {
  const folder = join(root, 'tests', suite);
  return (
    existsSync(folder) && readdirSync(folder, { recursive: true }).some((name) => /\.test\.tsx?$/.test(String(name)))
  );
}

/** The browser suite looks for the same programs; here one is installed where that is possible without asking. */
function provideChromium() {
  const found = ['chromium', 'chromium-browser', 'google-chrome'].some((name) => runs(name, ['--version']));
  if (found || process.env.CHROMIUM_PATH || process.getuid?.() !== 0 || !runs('apt-get', ['--version'])) return;
  const startedAt = performance.now();
  process.stdout.write('\n── chromium\n');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words) =>
    spawnSync('apt-get', ['-qq', ...words], { stdio: 'ignore', env: environment, timeout: 10 * minutes }).status === 0;
  const ok = apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium');
  if (!ok) process.env.VOLANTE_NO_CHROMIUM = 'there is no Chromium and apt-get could not install it';
  phases.push({ name: 'chromium', ok: true, seconds: (performance.now() - startedAt) / 1000 });
}

function runs(program, words) {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}

function conclude() {
  const results = existsSync(summaryFile)
    ? readFileSync(summaryFile, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
  rmSync(home, { recursive: true, force: true });
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  process.stdout.write('\n── result\n');
  for (const { name, ok, seconds } of phases) {
    process.stdout.write(`${ok ? '✔' : '✖'} ${name.padEnd(26)}${seconds.toFixed(1).padStart(7)} s\n`);
  }
  const total = phases.reduce((seconds, { seconds: more }) => seconds + more, 0);
  process.stdout.write(`  ${'total'.padEnd(26)}${total.toFixed(1).padStart(7)} s\n`);
  for (const line of [...notes, ...results.flatMap(({ notRun }) => notRun)]) process.stdout.write(`${line}\n`);
  const failedPhases = phases.filter(({ ok }) => !ok).map(({ name }) => name);
  if (failedPhases.length > 0) process.stdout.write(`failed: ${failedPhases.join('; ')}\n`);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  const ok = phases.length > 0 && failedPhases.length === 0 && sum('failed') === 0 && sum('passed') > 0;
  process.exitCode = ok ? 0 : 1;
}

try {
  await main();
} catch (error) {
  notes.push(error.message);
  phases.push({ name: 'start', ok: false, seconds: 0 });
}
conclude();

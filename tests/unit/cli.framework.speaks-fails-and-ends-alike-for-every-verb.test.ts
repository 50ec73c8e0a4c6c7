import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../cli/command';
import { verbs } from '../../cli/verbs';
import { VolanteError } from '../../errors/volante-error';
import { volante } from '../support/command-line';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('framework');
const cwd = temporary.path;
afterAll(() => temporary.remove());

const command: Command = {
  summary: 'a verb of this test',
  arguments: [
    { name: '<what>', description: 'what' },
    { name: '[more...]', description: 'more' },
  ],
  options: [
    { flags: '-m, --message <text>', description: 'text' },
    { flags: '--full', description: 'all' },
    { flags: '-y, --yes', description: 'do not ask' },
    { flags: '--as <person>', description: 'who' },
  ],
  examples: ['verb-of-test x'],
  async run(context) {
    const what = context.argument(0);
    if (what === 'bug') throw new TypeError('boom\nsecond line');
    if (what === 'refused') throw new VolanteError('VOL-300', { message: 'not you', fix: 'ask Ana' });
    if (what === 'stale') throw new VolanteError('VOL-400', { message: 'old' });
    if (what === 'ask') return { text: (await context.confirm('Really?')) ? 'yes' : 'no' };
    if (what === 'actor') return { text: context.actor() };
    context.terminal.progress('working');
    return {
      text: [what, ...context.words(1), context.option('message') ?? '-', String(context.flag('full'))].join(' '),
      json: { what, more: context.words(1) },
      next: 'status',
      exitCode: what === 'partial' ? 8 : 0,
    };
  },
};

const mutableVerbs = verbs as { name: string; summary: string; load: () => { command: Command } }[];
beforeAll(() => void mutableVerbs.push({ name: 'verb-of-test', summary: command.summary, load: () => ({ command }) }));
afterAll(() => void mutableVerbs.pop());

const run = (...words: string[]) => volante(['verb-of-test', ...words], { cwd });

test('data on stdout, progress on stderr, the next command last', async () => {
  const said = await run('x', 'y', 'z', '-m', 'hello there', '--full');
  expect(said).toMatchObject({
    exitCode: 0,
    stdout: 'x y z hello there true\nNext: volante status\n',
    stderr: 'working\n',
  });
});

test('--json prints one document and nothing else on stdout, before or after the verb', async () => {
  expect((await run('x', 'y', '--json')).stdout).toBe('{\n  "what": "x",\n  "more": [\n    "y"\n  ]\n}\n');
  expect((await volante(['--json', 'verb-of-test', 'x'], { cwd })).json()).toEqual({ what: 'x', more: [] });
});

test("a verb's own exit code is the process's", async () => {
  expect((await run('partial')).exitCode).toBe(8);
});

test('an error: its code, its remedy, its exit code; as JSON too', async () => {
  const said = await run('refused');
  expect(said).toMatchObject({ exitCode: 5, stdout: '' });
  expect(said.stderr).toBe('error VOL-300  not you\n  = fix: ask Ana   (volante explain VOL-300)\n');
  const asJson = await run('stale', '--json');
  expect(asJson.exitCode).toBe(6);
  expect(asJson.json()).toMatchObject({ ok: false, error: { code: 'VOL-400', message: 'old', exitCode: 6 } });
});

test('a bug: exit 1, one line, no stack, and the stack in a log', async () => {
  const { exitCode, stderr } = await run('bug');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('error VOL-001  unexpected: boom\n');
  expect(stderr).not.toMatch(/second line|at .*:\d+/);
  const log = join(cwd, '.volante', 'logs', 'cli.log');
  expect(stderr).toContain(log);
  expect(readFileSync(log, 'utf8')).toMatch(/TypeError: boom[\s\S]*at /);
});

test('nobody is asked where nobody can answer, and nothing is taken for yes', async () => {
  expect(await run('ask')).toMatchObject({ exitCode: 4, stdout: '' });
  expect((await run('ask', '--yes')).stdout).toBe('yes\n');
  const ask = (answer: string, env = {}) =>
    volante(['verb-of-test', 'ask', '--no-color'], { cwd, env, terminal: { answer } });
  expect((await ask('y')).stdout).toBe('yes\n');
  expect((await ask('')).stdout).toBe('no\n');
  expect((await ask('sure')).stdout).toBe('no\n');
  expect((await ask('y', { CI: '1' })).exitCode).toBe(4);
});

test('who acts: the option, else the environment, else exit 4', async () => {
  expect((await run('actor', '--as', 'ana')).stdout).toBe('ana\n');
  expect((await volante(['verb-of-test', 'actor'], { cwd, env: { VOLANTE_ACTOR: 'bruno' } })).stdout).toBe('bruno\n');
  expect((await run('actor')).exitCode).toBe(4);
});

test.each([
  [['nonsense'], /unknown command/],
  [['verb-of-test'], /missing required argument/],
  [['verb-of-test', 'x', '--nonsense'], /unknown option/],
  [['verb-of-test', 'x', '-m'], /argument missing/],
  [['validaet'], /Did you mean validate/],
])('%j is a bad command line: exit 3', async (words, message) => {
  const { exitCode, stdout, stderr } = await volante(words, { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr).toMatch(/^error VOL-102/);
  expect(stderr).toMatch(message);
});

test('help: of everything and of each verb, with exit 0', async () => {
  for (const words of [[], ['--help'], ['help']]) {
    const { exitCode, stdout } = await volante(words, { cwd });
    expect(exitCode).toBe(0);
    for (const { name } of verbs) expect(stdout).toContain(`  ${name}`);
  }
  for (const { name } of verbs) {
    for (const words of [
      [name, '--help'],
      ['help', name],
    ]) {
      const { exitCode, stdout } = await volante(words, { cwd });
      expect([name, exitCode]).toEqual([name, 0]);
      expect(stdout).toContain(`Usage: volante ${name}`);
    }
  }
});

test('colour only where somebody looks, and never against their wish', async () => {
  const coloured = async (words: string[], env = {}) =>
    (await volante(['explain', 'VOL-400', ...words], { cwd, env, terminal: { answer: '' } })).stdout.includes(
      '\u001b[',
    );
  expect(await coloured([])).toBe(true);
  expect(await coloured(['--no-color'])).toBe(false);
  expect(await coloured([], { NO_COLOR: '1' })).toBe(false);
  expect(await coloured([], { TERM: 'dumb' })).toBe(false);
  expect((await volante(['explain', 'VOL-400'], { cwd })).stdout).not.toContain('\u001b[');
});

test('a verb is one module and one line', () => {
  const folder = join(__dirname, '../../cli/verbs');
  const commands = readdirSync(folder).filter((file) =>
    /export const command\b/.test(readFileSync(join(folder, file), 'utf8')),
  );
  const names = verbs.filter(({ name }) => name !== 'verb-of-test').map(({ name }) => `${name}.ts`);
  expect(commands.sort()).toEqual(names.sort());
});

test('a checkout that is not built says how to build it', () => {
  const binary = join(__dirname, '../../bin/volante.mjs');
  const isBuilt = existsSync(join(__dirname, '../../dist/cli/main.js'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [binary, '--version'], { encoding: 'utf8' });
  if (isBuilt) expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  else expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('npm run build') });
});

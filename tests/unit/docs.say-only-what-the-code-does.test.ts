import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Option } from 'commander';
import { parse } from 'yaml';
import { verbs } from '../../cli/verbs';
import { findRule } from '../../definition/rules/registry';
import { fieldsOf } from '../../definition/schema/fields';
import { errorCatalogue } from '../../errors/catalogue';
import { referencePages } from '../../scripts/reference-pages';
import { environmentVariables } from '../../settings/environment';
import { packageRoot } from '../../settings/package-root';
import { scenarioSchema } from '../../simulation/scenario/schema';
import { createMetrics } from '../../telemetry/metrics';
import { searchAttributes } from '../../workflows/search-attributes';
import { loadChanged, loadChangedWorkspace, writeFixture } from '../support/definition-fixture';
import {
  anchors,
  type CodeBlock,
  codeBlocks,
  codeTexts,
  commandLines,
  documents,
  links,
} from '../support/documentation';
import { temporaryFolder } from '../support/temporary-folder';

const root = packageRoot();
const all = documents();
const everywhere = all.flatMap((document) => codeTexts(document).map((code) => ({ path: document.path, code })));

test('the reference is what the code makes (`npm run reference`)', () => {
  const folder = join(root, 'docs', 'reference');
  const pages = referencePages();
  expect(readdirSync(folder).sort()).toEqual(pages.map(({ name }) => name).sort());
  for (const { name, content } of pages) expect(readFileSync(join(folder, name), 'utf8')).toBe(content);
});

test('every command line names a verb of ours, with options it has', () => {
  const globals = ['--json', '--no-color', '--help', '-h', '--version', '-V'];
  const wrong: string[] = [];
  let seen = 0;
  for (const { path, code } of everywhere)
    for (const [name = '', ...words] of commandLines(code)) {
      if (name === 'help') continue;
      seen += 1;
      const verb = verbs.find((candidate) => candidate.name === name);
      if (!verb) {
        wrong.push(`${path}: volante ${name}`);
        continue;
      }
      const known = (verb.load().command.options ?? []).flatMap(({ flags }) => {
        const { short, long } = new Option(flags);
        return [short, long];
      });
      for (const word of words)
        if (/^--?[a-z]/.test(word) && ![...known, ...globals].includes(word))
          wrong.push(`${path}: volante ${name} ${word}`);
    }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(100);
});

test('every script that is named exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = everywhere.flatMap(({ path, code }) =>
    [...code.matchAll(/npm (?:run )?([a-z][a-z:-]*)/g)].map(([, script = '']) => ({ path, script })),
  );
  const own = ['install', 'audit', 'ci'];
  expect(named.filter(({ script }) => script !== 'run' && !own.includes(script) && !(script in scripts))).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test('every relative link leads to a file, and to a heading of it', () => {
  const broken = all.flatMap((document) =>
    links(document)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? document.path : normalize(join(dirname(document.path), file));
        if (!existsSync(join(root, path))) return true;
        const page = all.find((other) => other.path === path);
        return anchor !== undefined && page !== undefined && !anchors(page).has(anchor);
      })
      .map((target) => `${document.path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every page of docs/ is linked from somewhere', () => {
  const linked = new Set(
    all.flatMap((document) =>
      links(document).map((target) => normalize(join(dirname(document.path), target.split('#')[0] ?? ''))),
    ),
  );
  const lost = all.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !linked.has(path));
  expect(lost).toEqual([]);
});

test('the front page stays short', () => {
  for (const path of ['README.md', 'README.es.md'])
    expect(readFileSync(join(root, path), 'utf8').split('\n').length).toBeLessThanOrEqual(150);
});

describe('examples of files', () => {
  const home = temporaryFolder('docs');
  const blocks = all.flatMap(codeBlocks).filter(({ language }) => language === 'yaml');
  beforeAll(() => writeFixture(home.path));
  afterAll(() => home.remove());

  const errorsOf = (problems: readonly { severity: string; rule: string; message: string }[]) =>
    problems.filter(({ severity }) => severity === 'error').map(({ rule, message }) => `${rule} ${message}`);

  test('there are some', () => expect(blocks.length).toBeGreaterThan(5));

  test.each(blocks.map((block): [string, CodeBlock] => [`${block.document}:${block.line}`, block]))(
    '%s is valid',
    async (_place, { code }) => {
      const [title = ''] = code.split('\n');
      if (/^# campaigns\/[a-z-]+\/campaign\.yaml$/.test(title))
        expect(errorsOf((await loadChanged(home.path, { whole: code })).problems)).toEqual([]);
      else if (title === '# part of campaign.yaml')
        expect(errorsOf((await loadChanged(home.path, { keys: code })).problems)).toEqual([]);
      else if (title === '# part of volante.yaml')
        expect(errorsOf((await loadChangedWorkspace(home.path, code)).problems)).toEqual([]);
      else if (/^# campaigns\/[a-z-]+\/scenarios\/[a-z-]+\.yaml$/.test(title))
        expect(scenarioSchema.safeParse(parse(code)).error).toBeUndefined();
      else throw new Error(`the first line must say which file this is: ${title}`);
    },
  );
});

test('every rule, error, field of a metric and search attribute that prose names exists', () => {
  const metrics = createMetrics({ service: 'docs' }).registry;
  const attributes = Object.values(searchAttributes).map(({ name }) => name);
  for (const { path, text } of all) {
    for (const [id] of text.matchAll(/\b(?:EMAIL|GATE|TIME|AUD|STEP|REF|SEC|WORK|DEF)-\d{3}\b/g))
      expect([path, id, findRule(id) !== undefined]).toEqual([path, id, true]);
    for (const [id] of text.matchAll(/\bVOL-\d{3}\b/g))
      expect([path, id, id in errorCatalogue]).toEqual([path, id, true]);
    for (const [name] of text.matchAll(/\bvolante_[a-z_]+\b/g))
      expect([path, name, metrics.getSingleMetric(name) !== undefined]).toEqual([path, name, true]);
    for (const [name] of text.matchAll(/\bCampaign[A-Z][A-Za-z]+\b/g))
      expect([path, name, attributes.includes(name)]).toEqual([path, name, true]);
  }
  metrics.clear();
});

test('every field of the files is in the reference', () => {
  for (const [file, page] of [
    ['campaign', 'campaign-file.md'],
    ['workspace', 'workspace-file.md'],
  ] as const) {
    const text = readFileSync(join(root, 'docs', 'reference', page), 'utf8');
    for (const { path } of fieldsOf(file)) expect(text).toContain(`\`${path.split('.').at(-1)}\``);
  }
});

test('every environment variable that the code reads is listed, and no other', () => {
  const folders = [
    'activities',
    'cli',
    'email',
    'gateway',
    'ledger',
    'operations',
    'platforms',
    'settings',
    'telemetry',
    'workers',
  ];
  const code = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .map(String)
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  const read = new Set(
    code.flatMap((text) => [...text.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name)),
  );
  const ofOthers = ['PATH', 'TERM', 'XDG_CACHE_HOME'];
  const listed = environmentVariables.map(({ name }) => name).filter((name) => !name.includes('<'));
  const ofJobs = /^(?:GITHUB|GITEA|FORGEJO|GITLAB|CI)_/;
  expect([...read].filter((name) => !ofOthers.includes(name) && !ofJobs.test(name)).sort()).toEqual(listed.sort());
});

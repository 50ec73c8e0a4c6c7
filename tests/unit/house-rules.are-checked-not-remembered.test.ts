import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../settings/package-root';
import { temporaryFolder } from '../support/temporary-folder';

interface Violation {
  from: string;
  to: string;
  rule: { name: string };
}

const configs = ['.dependency-cruiser.cjs', '.dependency-cruiser-reach.cjs'];

const packageFile = JSON.stringify({
  dependencies: { zod: '*', '@temporalio/workflow': '*', '@temporalio/common': '*' },
  devDependencies: { 'fast-check': '*' },
});

/** Runs the house rules over a house made of the given files; returns what they object to. */
async function violations(files: Record<string, string>): Promise<string[]> {
  const home = temporaryFolder('house');
  try {
    symlinkSync(join(packageRoot(), 'node_modules'), join(home.path, 'node_modules'));
    const compilerOptions = { module: 'nodenext', moduleResolution: 'nodenext', jsx: 'react-jsx' };
    const all = { 'tsconfig.json': JSON.stringify({ compilerOptions }), 'package.json': packageFile, ...files };
    for (const [name, content] of Object.entries(all)) {
      mkdirSync(dirname(join(home.path, name)), { recursive: true });
      writeFileSync(join(home.path, name), content);
    }
    const folders = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
    const reports = await Promise.all(configs.map((config) => depcruise({ cwd: home.path, config, folders })));
    return reports.flat().map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  } finally {
    home.remove();
  }
}

async function depcruise(options: { cwd: string; config: string; folders: string[] }): Promise<Violation[]> {
  const program = join(packageRoot(), 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const words = [program, '--config', join(packageRoot(), options.config), '--output-type', 'json'];
  const output = await new Promise<string>((resolve, reject) => {
    const limits = { cwd: options.cwd, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [...words, ...options.folders], limits, (error, stdout, stderr) => {
      if (error && stdout === '') reject(new Error(stderr));
      else resolve(stdout);
    });
  });
  return (JSON.parse(output) as { summary: { violations: Violation[] } }).summary.violations;
}

test('a house in order raises no objection', async () => {
  expect(
    await violations({
      'errors/oops.ts': 'export const oops = 1;\n',
      'errors/loop-a.ts': "import type { B } from './loop-b';\nexport type A = B;\nexport const a = 1;\n",
      'errors/loop-b.ts': "import { a } from './loop-a';\nexport type B = typeof a;\n",
      'definition/plan.ts':
        "import { oops } from '../errors/oops';\nexport const plan = oops;\nexport type Plan = 1;\n",
      'definition/schema.ts':
        "import { z } from 'zod';\nexport const schema = z.string();\nexport type Text = string;\n",
      'platforms/mail.ts': "import type { Plan } from '../definition/plan';\nexport const mail = (p: Plan) => p;\n",
      'workflows/run.ts': [
        "import { sleep } from '@temporalio/workflow';",
        "import { plan } from '../definition/plan';",
        "import type { Text } from '../definition/schema';",
        'export const run = (text: Text) => sleep(plan + text.length);',
      ].join('\n'),
      'tests/a.ts': "import { run } from '../workflows/run';\nimport 'fast-check';\nvoid run;\n",
    }),
  ).toEqual([]);
});

const call = (name: string, from: string): string => `import { ${name} } from '${from}';\n${name}();\n`;
const made = (name: string): string => `export const ${name} = () => 1;\n`;

describe('a house in disorder', () => {
  let found: string[];
  beforeAll(async () => {
    found = await violations({
      'errors/a.ts': call('b', '../definition/b'),
      'definition/b.ts': made('b'),
      'definition/c.ts': call('d', '../ledger/d'),
      'ledger/d.ts': made('d'),
      'platforms/e.ts': call('b', '../definition/b'),
      'platforms/f.ts': "import type { d } from '../ledger/d';\nexport type F = typeof d;\n",
      'workflows/g.ts': call('h', '../activities/h'),
      'activities/h.ts': made('h'),
      'activities/i.ts': call('j', '../workers/j'),
      'workers/j.ts': made('j'),
      'ledger/k.ts': call('l', '../cli/l'),
      'cli/l.ts': made('l'),
      'workers/m.ts': call('n', '../tests/n'),
      'tests/n.ts': made('n'),
      'workflows/o.ts': call('p', '../definition/p'),
      'definition/p.ts': "import { q } from './q';\nexport const p = q;\n",
      'definition/q.ts':
        "import { readFileSync } from 'node:fs';\nimport { z } from 'zod';\nexport const q = () => [readFileSync, z];\n",
      'errors/r.ts': "import { s } from './s';\nexport const r = () => s;\n",
      'errors/s.ts': "import { r } from './r';\nexport const s = () => r;\n",
      'errors/t.ts': "import 'fast-check';\n",
      'errors/u.ts': "import './nowhere';\n",
    });
  });

  test.each([
    ['errors-keeps-to-its-neighbours: errors/a.ts -> definition/b.ts'],
    ['definition-keeps-to-its-neighbours: definition/c.ts -> ledger/d.ts'],
    ['platforms-imports-types-only: platforms/e.ts -> definition/b.ts'],
    ['platforms-keeps-to-its-neighbours: platforms/f.ts -> ledger/d.ts'],
    ['workflows-imports-types-only: workflows/g.ts -> activities/h.ts'],
    ['nothing-imports-entry-points-and-tests: activities/i.ts -> workers/j.ts'],
    ['nothing-imports-entry-points-and-tests: ledger/k.ts -> cli/l.ts'],
    ['workers-import-no-tests: workers/m.ts -> tests/n.ts'],
    ['workflows-reach-no-effects: workflows/o.ts -> fs'],
    ['no-cycles: errors/r.ts -> errors/s.ts'],
    ['imports-resolve: errors/u.ts -> ./nowhere'],
  ])('%s', (violation) => {
    expect(found).toContain(violation);
  });

  test.each([
    [/^workflows-reach-no-effects: workflows\/o\.ts -> .*node_modules\/zod\//],
    [/^code-imports-no-test-packages: errors\/t\.ts -> .*fast-check/],
  ])('%s', (violation) => {
    expect(found).toContainEqual(expect.stringMatching(violation));
  });
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCampaigns, problemsOf } from '../../definition/load-campaigns';
import { rules } from '../../definition/rules/registry';
import type { Rule } from '../../definition/rules/rule';
import type { Problem } from '../../errors/problem';
import { fixtureWorkspace, loadChanged, loadChangedWorkspace, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder('rules');
const root = folder.path;
beforeAll(() => writeFixture(root));
afterAll(() => folder.remove());

async function problemsWith(rule: Rule, text: string): Promise<Problem[]> {
  if (rule.id === 'DEF-012') return problemsBesideATwin(text);
  if (rule.example.file === 'workspace') return (await loadChangedWorkspace(root, text)).problems;
  if (rule.id === 'DEF-013' && text === rule.example.fail) {
    return (await loadChanged(root, { whole: Buffer.from(text, 'latin1') })).problems;
  }
  return (await loadChanged(root, rule.example.whole ? { whole: text } : { keys: text })).problems;
}

/** A second campaign beside the fixture's, called `already-taken`. */
async function problemsBesideATwin(keys: string): Promise<Problem[]> {
  const twin = await loadChanged(root, { keys: 'id: already-taken' });
  const twinFolder = join(root, 'twin');
  await mkdir(twinFolder, { recursive: true });
  for (const file of twin.campaign?.files ?? []) await writeFile(join(twinFolder, file.path), file.content);
  await writeFile(join(twinFolder, 'campaign.yaml'), await readFile(join(root, twin.sourceFile), 'utf8'));
  await loadChanged(root, { keys });
  const files = [join(twinFolder, 'campaign.yaml'), join(root, 'campaigns', 'spring-sale', 'campaign.yaml')];
  return problemsOf(await loadCampaigns(files, { workspace: await fixtureWorkspace(root), root }));
}

test('the fixture itself has no problem', async () => {
  expect((await loadChanged(root, { keys: 'id: spring-sale' })).problems).toEqual([]);
});

test('ids are unique and well-formed', () => {
  const ids = rules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^(DEF|REF|TIME|AUD|GATE|STEP|MEAS|JRNY|LOY|SEC|WORK|PROMO)-\d{3}$/);
});

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test('the failing example breaks it, at a place', async () => {
    const found = (await problemsWith(rule, rule.example.fail)).filter((problem) => problem.rule === id);
    expect(found.length).toBeGreaterThan(0);
    for (const problem of found) {
      expect(problem).toMatchObject({ severity: rule.severity, line: expect.any(Number), column: expect.any(Number) });
      expect(problem.line).toBeGreaterThan(0);
      expect(problem.endColumn).toBeGreaterThanOrEqual(problem.column);
      expect(problem.message).not.toBe('');
      expect(problem.fix).not.toBe('');
    }
  });

  test('the passing example has no error', async () => {
    const problems = await problemsWith(rule, rule.example.pass);
    expect(problems.filter((problem) => problem.severity === 'error' || problem.rule === id)).toEqual([]);
  });
});

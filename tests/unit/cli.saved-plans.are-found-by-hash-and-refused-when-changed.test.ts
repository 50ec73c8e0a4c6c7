import { readFile, writeFile } from 'node:fs/promises';
import { findPlan, savePlan } from '../../cli/saved-plans';
import { makePlan } from '../../definition/plan';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('saved-plans');
afterAll(() => temporary.remove());

const planFor = (environment: string) => makePlan([], { environment });

test('by its whole hash and by its beginning', async () => {
  const plan = planFor('one');
  await savePlan(plan, temporary.path);
  await savePlan(plan, temporary.path);
  expect(await findPlan(plan.hash, temporary.path)).toEqual(plan);
  expect(await findPlan(plan.hash.slice(0, 12), temporary.path)).toEqual(plan);
});

test('not by another hash, too few characters, or a path', async () => {
  for (const word of ['0'.repeat(12), 'abc', '', '../../etc/passwd', 'ABCDEF']) {
    await expect(findPlan(word, temporary.path)).rejects.toMatchObject({ code: 'VOL-102' });
  }
});

test('not when several begin alike', async () => {
  const plan = planFor('two');
  const file = await savePlan(plan, temporary.path);
  await writeFile(file.replace(/[0-9a-f]{4}\.json$/, 'ffff.json'), await readFile(file));
  await expect(findPlan(plan.hash.slice(0, 20), temporary.path)).rejects.toMatchObject({
    code: 'VOL-102',
    message: expect.stringContaining('several'),
  });
});

test('not when somebody edited it, or put it under another name', async () => {
  const plan = planFor('three');
  const file = await savePlan(plan, temporary.path);
  await writeFile(file, (await readFile(file, 'utf8')).replace('three', 'other'));
  await expect(findPlan(plan.hash, temporary.path)).rejects.toMatchObject({ code: 'VOL-104' });
  await writeFile(file, await readFile(await savePlan(planFor('four'), temporary.path)));
  await expect(findPlan(plan.hash, temporary.path)).rejects.toMatchObject({ code: 'VOL-104' });
});

import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rules } from '../../definition/rules/registry';
import { fieldsOf } from '../../definition/schema/fields';
import { errorCatalogue } from '../../errors/catalogue';
import { volante } from '../support/command-line';
import { validCampaign, withKeys, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('cli');
const cwd = temporary.path;
let campaignFile: string;
beforeAll(async () => {
  campaignFile = join(await writeFixture(cwd), 'campaign.yaml');
});
afterEach(() => writeFile(campaignFile, validCampaign));
afterAll(() => temporary.remove());

const run = (...words: string[]) => volante(words, { cwd });

describe('validate', () => {
  test('a valid workspace: exit 0, a tally, the next command last', async () => {
    const { exitCode, stdout, stderr } = await run('validate');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n').at(-2)).toMatch(/0 errors, .* \(\d+\.\d s\)$/);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Next: volante plan');
  });

  test('an error: exit 3, and a frame that shows where, why and how', async () => {
    await writeFile(campaignFile, withKeys(validCampaign, 'owner: anna'));
    const { exitCode, stdout } = await run('validate');
    expect(exitCode).toBe(3);
    expect(stdout).toContain(
      [
        'error REF-104  unknown person',
        '  ┌─ campaigns/spring-sale/campaign.yaml:1:8',
        '1 │ owner: anna',
        '  │        ^^^^ there is no person "anna" in volante.yaml',
        '  = why: the owner answers for the campaign and is asked when something is wrong',
        '  = fix: did you mean "ana"?   (volante explain REF-104)',
      ].join('\n'),
    );
    expect(stdout).toMatch(/1 error, \d warnings? in \d files? of 1 campaign/);
    expect(stdout).not.toContain('Next:');
  });

  test('every problem at once, in the order of the file', async () => {
    await writeFile(
      campaignFile,
      withKeys(validCampaign, 'owner: anna\nlocale: no\nsocial: 1\nschedule: { timezone: Mars, maxLateness: 1 }'),
    );
    const { json } = await run('validate', '--json');
    const { ok, problems } = json<{ ok: boolean; problems: { rule: string; line: number; severity: string }[] }>();
    expect(ok).toBe(false);
    const errors = problems.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
    expect(errors).toEqual(['REF-104', 'DEF-006', 'DEF-005', 'TIME-205', 'DEF-007']);
  });

  test('--json is one document, and the same for people and programs in its exit code', async () => {
    const { exitCode, stdout, stderr, json } = await run('validate', '--json');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(json()).toMatchObject({
      ok: true,
      files: [{ file: 'campaigns/spring-sale/campaign.yaml', id: 'spring-sale' }],
    });
    expect(stdout).not.toContain('Next:');
  });

  test('a file, a folder and a campaign by the name of its folder', async () => {
    for (const word of ['campaigns/spring-sale/campaign.yaml', 'campaigns/spring-sale', 'spring-sale', campaignFile]) {
      expect((await run('validate', word)).exitCode).toBe(0);
    }
    for (const word of ['campaigns/spring-sale/offer.html/x', 'x'.repeat(5000)]) {
      expect((await run('validate', word)).exitCode).toBe(3);
    }
    const { exitCode, stderr } = await run('validate', 'autumn-sale');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('error VOL-101  no campaign in autumn-sale');
  });

  test('--strict fails on a warning', async () => {
    await writeFile(
      campaignFile,
      withKeys(validCampaign, 'schedule: { timezone: Europe/Madrid, start: 2027-10-31T02:30 }'),
    );
    expect((await run('validate')).exitCode).toBe(0);
    expect((await run('validate', '--strict')).exitCode).toBe(3);
  });

  test('a broken workspace is told with its own frames', async () => {
    const file = join(cwd, 'volante.yaml');
    const valid = await readFile(file, 'utf8');
    await writeFile(file, withKeys(valid, 'frequencyCaps: [often]'));
    const { exitCode, stderr } = await run('validate');
    await writeFile(file, valid);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('error WORK-703');
    expect(stderr).toContain('error VOL-100  volante.yaml is wrong');
  });

  test('the campaigns of this repository are valid', async () => {
    const home = join(__dirname, '../..');
    const { json } = await volante(['validate', '--json'], { cwd: home });
    expect(json()).toMatchObject({ ok: true });
    const folders = readdirSync(join(home, 'campaigns'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    expect(json<{ files: unknown[] }>().files.length).toBe(folders.length);
  });
});

describe('explain', () => {
  test.each([...rules.map(({ id }) => id), ...Object.keys(errorCatalogue)])('%s', async (word) => {
    const { exitCode, stdout } = await run('explain', word.toLowerCase());
    expect(exitCode).toBe(0);
    expect(stdout.startsWith(`${word}  `)).toBe(true);
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
  });

  test('every field, by its path and by its last word', async () => {
    for (const { path } of [...fieldsOf('campaign'), ...fieldsOf('workspace')]) {
      const { exitCode, stdout } = await run('explain', path);
      expect([path, exitCode]).toEqual([path, 0]);
      expect(stdout.startsWith(`${path}  (`)).toBe(true);
    }
    expect((await run('explain', 'quietHours')).stdout).toContain('schedule.quietHours  (campaign file)');
  });

  test('says what was meant by a mistyped word', async () => {
    const { exitCode, stderr } = await run('explain', 'quietHuors');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('did you mean "quietHours"?');
  });
});

describe('schema', () => {
  test('prints what is checked in', async () => {
    const home = join(__dirname, '../../definition');
    expect((await run('schema')).stdout).toBe(await readFile(join(home, 'campaign.schema.json'), 'utf8'));
    expect((await run('schema', 'workspace')).stdout).toBe(await readFile(join(home, 'workspace.schema.json'), 'utf8'));
  });

  test('writes both files, and knows no third', async () => {
    await run('schema', '--write', 'schemas');
    expect(readdirSync(join(cwd, 'schemas')).sort()).toEqual([
      'campaign.schema.json',
      'scenario.schema.json',
      'workspace.schema.json',
    ]);
    expect((await run('schema', 'person')).exitCode).toBe(3);
  });
});

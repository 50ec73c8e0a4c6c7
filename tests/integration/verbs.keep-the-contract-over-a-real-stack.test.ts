import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanDocument } from '../../definition/plan-document';
import { readFacts } from '../../ledger/audit';
import { eventually } from '../support/eventually';
import { type VerbStage, verbStage } from '../support/verb-stage';

let stage: VerbStage;

beforeAll(async () => {
  stage = await verbStage();
}, 120_000);
afterAll(() => stage?.close(), 60_000);

const cli: VerbStage['cli'] = (words, options) => stage.cli(words, options);
const codeOf = async (words: string, options?: Parameters<VerbStage['cli']>[1]) => (await cli(words, options)).exitCode;
const keysOf = (document: object) => Object.keys(document).sort();

interface Applied {
  planHash: string;
  applied: { campaign: string; runId?: string; outcome?: string; problem?: string }[];
}

interface Shown {
  run: { runId: string; phase: string; planHash: string };
  books: { step: string; books: Record<string, number> }[];
  live?: { phase: string; paused?: { by: string; reason: string }; gates: { gate: string; state: string }[] };
}

async function planHash(id: string): Promise<string> {
  const said = await cli(`plan ${id} --json`);
  expect(said.exitCode).toBe(0);
  return said.json<PlanDocument>().hash;
}

const mailTo = (id: string) => stage.harness.customerMail().filter(({ to }) => to[0]?.startsWith(`${id}-`));

async function workflowsOf(id: string): Promise<number> {
  const { rows } = await stage.harness.database.query('select 1 from runs where campaign_id = $1', [id]);
  return rows.length;
}

async function openGate(runId: string): Promise<void> {
  await eventually(async () => {
    const { live } = (await cli(`status ${runId} --json`)).json<Shown>();
    return live?.gates.some(({ state }) => state === 'open');
  });
}

describe('while no worker runs', () => {
  let runId: string;
  beforeAll(async () => {
    runId = await stage.launch('early');
  });

  test('a run is applied all the same; a decision says that nobody takes it: exit 7', async () => {
    const said = await cli(`approve ${runId} --as ana`);
    expect(said).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('VOL-504') });
  }, 60_000);

  test('status shows what the ledger knows, and that the run does not answer', async () => {
    const said = await cli(`status early`);
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('the run does not answer') });
  }, 60_000);

  test('a pause is kept until somebody is there to hear it', async () => {
    expect(await codeOf('pause early --reason "too early" --as luis')).toBe(0);
    const { rows } = await stage.harness.database.query('select dispatch from runs where run_id = $1', [runId]);
    expect(rows).toEqual([{ dispatch: 'paused' }]);
    await stage.startWorkers();
    await eventually(async () => (await cli('status early --json')).json<Shown>().live?.paused?.reason === 'too early');
    expect(await codeOf('resume early --as luis')).toBe(0);
    await openGate(runId);
    expect(await codeOf('approve early --as ana')).toBe(0);
    await stage.untilPhase(runId, 'done');
    expect(mailTo('early')).toHaveLength(5);
  }, 120_000);
});

describe('from plan to report', () => {
  const id = 'spring';
  let hash: string;
  let runId: string;

  test('plan, apply by hash, and the same apply again: started once', async () => {
    await stage.writeCampaign(id);
    await stage.importPeople(id, 12);
    hash = await planHash(id);
    const first = await cli(`apply ${hash.slice(0, 12)} --as luis --json`);
    expect(first.exitCode).toBe(0);
    const document = first.json<Applied>();
    expect(keysOf(document)).toEqual(['applied', 'planHash']);
    expect(document.applied).toEqual([
      { campaign: id, runId: expect.stringMatching(/^campaign\/spring\/[0-9a-f]{12}$/), outcome: 'started' },
    ]);
    runId = document.applied[0]?.runId ?? '';

    const again = await cli(`apply ${hash.slice(0, 12)} --as ana --json`);
    expect(again.exitCode).toBe(0);
    expect(again.json<Applied>().applied).toEqual([{ campaign: id, runId, outcome: 'already' }]);
    const byPath = await cli(`apply ${id} --as luis`);
    expect(byPath).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nothing was started') });
    expect(await workflowsOf(id)).toBe(1);
  });

  test('ten at once start one', async () => {
    await stage.writeCampaign('rush');
    await stage.importPeople('rush', 3);
    const rush = await planHash('rush');
    const said = await Promise.all(Array.from({ length: 10 }, () => cli(`apply ${rush} --as luis --json`)));
    expect(said.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 10 }, () => 0));
    const outcomes = said.map((each) => each.json<Applied>().applied[0]?.outcome);
    expect(outcomes.filter((outcome) => outcome === 'started')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'already')).toHaveLength(9);
    expect(await workflowsOf('rush')).toBe(1);
  });

  test('status names the open gate and the command that decides it', async () => {
    await openGate(runId);
    const said = await cli(`status ${id}`);
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toMatch(/^GATE {2}campaign\/spring\//);
    expect(said.stdout).toMatch(/Next: volante approve spring --gate content --as <person>\n$/);
    const shown = (await cli(`status ${runId} --json`)).json<Shown>();
    expect(keysOf(shown)).toEqual(['books', 'live', 'run']);
    expect(shown.books).toEqual([
      { step: 'offer', books: expect.objectContaining({ targeted: 12, open: 12, sent: 0 }) },
    ]);
    const list = (await cli('status --json')).json<{ runs: { runId: string }[] }>();
    expect(list.runs.map((run) => run.runId)).toContain(runId);
  });

  test.each([
    ['the author', 'approve spring --as luis', 5, 'VOL-300'],
    ['somebody of another role', 'approve spring --as eva', 5, 'VOL-300'],
    ['somebody who saw another plan', `approve spring --as ana --plan ${'0'.repeat(64)}`, 5, 'VOL-300'],
    ['somebody who saw the beginning of none', 'approve spring --as ana --plan abc', 5, 'VOL-300'],
    ['a gate that is none', 'approve spring --as ana --gate nowhere', 5, 'VOL-300'],
    ['a rejection without a reason', 'reject spring --as ana', 3, 'VOL-102'],
    ['nobody', 'approve spring', 4, 'VOL-201'],
    ['a stranger', 'approve spring --as mallory', 3, 'VOL-103'],
  ])('%s does not decide', async (_who, words, exitCode, code) => {
    const said = await cli(words);
    expect(said).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(code) });
    expect(mailTo(id)).toEqual([]);
  });

  test('approve: a receipt; the run ends, everybody has one message, the books balance', async () => {
    const { run } = (await cli(`status ${id} --json`)).json<Shown>();
    const said = await cli(`approve ${id} --as ana --plan ${run.planHash.slice(0, 12)} -m "looks good" --json`);
    expect(said.exitCode).toBe(0);
    expect(said.json()).toEqual({
      runId,
      gate: 'content',
      verdict: 'approve',
      approvals: 1,
      quorum: 1,
      state: 'approved',
    });
    await stage.untilPhase(runId, 'done');
    expect(mailTo(id)).toHaveLength(12);
    const shown = (await cli(`status ${id} --json`)).json<Shown>();
    expect(keysOf(shown)).toEqual(['books', 'run']);
    expect(shown.books[0]?.books).toMatchObject({ targeted: 12, sent: 12, open: 0 });
    const facts = await readFacts(stage.harness.database, runId);
    expect(facts.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'plan.applied',
        'run.prepared',
        'gate.decided',
        'gate.approved',
        'step.started',
        'run.done',
      ]),
    );
    expect(facts.find(({ action }) => action === 'gate.decided')).toMatchObject({ actor: 'ana' });
  });

  test('the report of it: exit 0', async () => {
    const said = await cli(`report ${id}`);
    expect(said).toMatchObject({ exitCode: 0, stderr: '' });
    expect(said.stdout).not.toContain('@example.com');
  });

  test('what is over takes no decision and no order: exit 5', async () => {
    for (const words of [
      'approve spring --as bruno',
      'reject spring --as bruno -m late',
      'pause spring --as luis --reason x',
      'resume spring --as luis',
      'abort spring --as luis --reason x --yes',
    ]) {
      const said = await cli(words);
      expect([words, said.exitCode]).toEqual([words, 5]);
      expect(said.stderr).toContain('VOL-301');
    }
  });

  test('the same revision again, on purpose: asked first, numbered, once', async () => {
    expect(await codeOf(`apply ${id} --again 2 --as luis`)).toBe(4);
    expect(await workflowsOf(id)).toBe(1);
    const second = await cli(`apply ${id} --again 2 --as luis --yes --json`);
    expect(second.json<Applied>().applied).toEqual([{ campaign: id, runId: `${runId}-2`, outcome: 'started' }]);
    expect((await cli(`apply ${id} --again 2 --as luis --yes --json`)).json<Applied>().applied[0]?.outcome).toBe(
      'already',
    );
    expect(await codeOf(`abort ${runId}-2 --as luis --reason "only a test" --yes`)).toBe(0);
    await stage.untilPhase(`${runId}-2`, 'aborted');
    expect(mailTo(id)).toHaveLength(12);
    for (const wrong of ['1', 'x', '2.5', '-1', '1000'])
      expect(await codeOf(`apply ${id} --as luis --yes --again=${wrong}`)).toBe(3);
  });
});

describe('apply refuses', () => {
  beforeAll(async () => {
    await stage.writeCampaign('stale');
    await stage.importPeople('stale', 4);
  });
  afterEach(async () => expect(await workflowsOf('stale')).toBe(0));

  test('a plan whose audience has changed since: exit 6, with the difference', async () => {
    const hash = await planHash('stale');
    await stage.importPeople('stale', 1);
    const said = await cli(`apply ${hash} --as luis`);
    expect(said).toMatchObject({ exitCode: 6, stdout: '' });
    expect(said.stderr).toMatch(/VOL-400 .*stale: 4 people were planned, 5 it would be now/);
  });

  test('a plan of other people, though as many: exit 6', async () => {
    const hash = await planHash('stale');
    await stage.harness.database.query(
      `update contacts set attributes = attributes || '{"world": "elsewhere"}'
        where id = (select min(id) from contacts where attributes->>'world' = 'stale')`,
    );
    await stage.importPeople('stale', 1);
    const said = await cli(`apply ${hash} --as luis --json`);
    expect(said.exitCode).toBe(6);
    expect(said.json()).toMatchObject({ ok: false, error: { code: 'VOL-400', exitCode: 6 } });
  });

  test('a plan whose file, or a file it refers to, has changed since: exit 6', async () => {
    const file = await stage.writeCampaign('stale');
    for (const changed of [file, join(file, '..', 'offer.txt')]) {
      const before = await readFile(changed);
      const hash = await planHash('stale');
      await (changed === file
        ? writeFile(changed, before.toString().replace('Campaign stale', 'Campaign fresh'))
        : appendFile(changed, 'One line more.\n'));
      const said = await cli(`apply ${hash} --as luis`);
      expect(said).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('the definition changed') });
      await writeFile(changed, before);
    }
  });

  test('a saved plan that somebody edited: exit 3', async () => {
    const hash = await planHash('stale');
    const file = join(stage.cwd, '.volante', 'plans', `${hash}.json`);
    const plan = await readFile(file, 'utf8');
    await writeFile(file, plan.replace(/"targeted": \d+/, '"targeted": 1'));
    expect(await cli(`apply ${hash} --as luis`)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('VOL-104'),
    });
    await writeFile(file, plan);
  });

  test.each([
    ['a plan nobody made', 'apply 0123456789ab --as luis', 3],
    ['a campaign that is none', 'apply nowhere --as luis --yes', 3],
    ['nobody', 'apply stale --yes', 4],
    ['a stranger', 'apply stale --yes --as mallory', 3],
    ['where nobody can be asked', 'apply stale --as luis', 4],
  ])('%s: %s gives exit %i', async (_what, words, exitCode) => {
    expect(await codeOf(words)).toBe(exitCode);
  });

  test('a no is a no', async () => {
    const said = await cli('apply stale --as luis', { answer: 'n' });
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing was applied.') });
  });

  test('a definition that is wrong: exit 3, with its place; nothing of the others is applied', async () => {
    await stage.writeCampaign('wrong', 'locale: nonsense-nonsense-nonsense');
    const said = await cli('apply wrong stale --as luis --yes');
    expect(said).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('campaigns/wrong/campaign.yaml') });
    await stage.writeCampaign('wrong');
  });
});

test('a yes on a terminal applies', async () => {
  await stage.writeCampaign('asked');
  await stage.importPeople('asked', 2);
  const said = await cli('apply asked --as luis', { answer: 'y' });
  expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('started campaign/asked/') });
  expect(await workflowsOf('asked')).toBe(1);
});

test('several campaigns, one of which cannot be started: exit 8 and every outcome; again, only that one is started', async () => {
  for (const id of ['first', 'second', 'third']) {
    await stage.writeCampaign(id);
    await stage.importPeople(id, 2);
  }
  await stage.harness.database.query(`
    create function refuse_second() returns trigger language plpgsql as
      $$ begin if new.campaign_id = 'second' then raise exception 'the disk is full'; end if; return new; end $$;
    create trigger refuse_second before insert on runs for each row execute function refuse_second()`);
  const said = await cli('apply first second third --as luis --yes --json');
  expect(said.exitCode).toBe(8);
  const applied = said.json<Applied>().applied;
  expect(applied.map(({ campaign, outcome, problem }) => [campaign, outcome ?? problem])).toEqual([
    ['first', 'started'],
    ['second', 'the disk is full'],
    ['third', 'started'],
  ]);
  const text = await cli('apply first second third --as luis --yes');
  expect(text.exitCode).toBe(8);
  expect(text.stdout).toMatch(/= first:.*\n✖ second: the disk is full\n= third:/);
  await stage.harness.database.query('drop trigger refuse_second on runs');
  const retried = await cli('apply first second third --as luis --yes --json');
  expect(retried.exitCode).toBe(0);
  expect(retried.json<Applied>().applied.map(({ outcome }) => outcome)).toEqual(['already', 'started', 'already']);
});

test('a campaign of its own CSV: plan and run agree, and applying it again starts nothing', async () => {
  const file = await stage.writeCampaign('listed', 'locale: en');
  await writeFile(
    join(file, '..', 'people.csv'),
    `email,consent,consentSource,consentAt\n${Array.from({ length: 20 }, (_, n) => `listed-${n}@example.com,granted,web,2026-01-01`).join('\n')}\n`,
  );
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^audience:.*$/m, 'audience: { from: ./people.csv, holdout: 30% }'));
  const plan = (await cli('plan listed --json')).json<PlanDocument>();
  const said = await cli(`apply ${plan.hash} --as luis --json`);
  const runId = said.json<Applied>().applied[0]?.runId ?? '';
  await openGate(runId);
  const [planned] = plan.campaigns;
  const { run } = (await cli('status listed --json')).json<Shown>();
  expect(planned).toMatchObject({ planHash: run.planHash });
  const again = await cli(`apply ${plan.hash} --as luis --json`);
  expect(again).toMatchObject({ exitCode: 0 });
  expect(again.json<Applied>().applied[0]?.outcome).toBe('already');
});

test('reject: the reason is kept, the run ends, nothing is sent', async () => {
  const runId = await stage.launch('rejected');
  await openGate(runId);
  const said = await cli('reject rejected --as bruno -m "the price is wrong" --json');
  expect(said.exitCode).toBe(0);
  expect(said.json()).toMatchObject({ runId, gate: 'content', verdict: 'reject', state: 'rejected' });
  await stage.untilPhase(runId, 'rejected');
  expect(mailTo('rejected')).toEqual([]);
  const { rows } = await stage.harness.database.query('select by_person, note from decision_notes where run_id = $1', [
    runId,
  ]);
  expect(rows).toEqual([{ by_person: 'bruno', note: 'the price is wrong' }]);
  const books = (await cli('status rejected --json')).json<Shown>().books[0]?.books;
  expect(books).toMatchObject({ targeted: 5, cancelled: 5, open: 0 });
});

test('pause, resume, abort: with a reason, in a name, asked where it cannot be taken back', async () => {
  const runId = await stage.launch('halted');
  await openGate(runId);
  expect(await codeOf('pause halted --as luis')).toBe(3);
  expect(await codeOf('pause halted --reason x')).toBe(4);
  expect((await cli('pause halted --as luis --reason "wrong price" --json')).json()).toEqual({
    runId,
    verb: 'pause',
    done: true,
  });
  await eventually(async () => (await cli('status halted')).stdout.includes('paused by luis: wrong price'));
  expect((await cli('resume halted --as ana --json')).json()).toEqual({ runId, verb: 'resume', done: true });
  await openGate(runId);
  expect(await codeOf('abort halted --as luis')).toBe(3);
  expect(await codeOf('abort halted --as luis --reason x')).toBe(4);
  expect((await cli('abort halted --as luis --reason x', { answer: 'n' })).stdout).toContain('Nothing was done.');
  expect(await codeOf('abort halted --as luis --reason "stop it" --yes')).toBe(0);
  await stage.untilPhase(runId, 'aborted');
  const facts = await readFacts(stage.harness.database, runId);
  const asked = facts.filter(({ action }) => action.endsWith('-asked'));
  expect(asked.map(({ action, actor, detail }) => [action, actor, detail?.reason])).toEqual([
    ['run.pause-asked', 'luis', 'wrong price'],
    ['run.resume-asked', 'ana', 'resumed'],
    ['run.abort-asked', 'luis', 'stop it'],
  ]);
  expect(mailTo('halted')).toEqual([]);
});

describe('reconcile', () => {
  let runId: string;

  beforeAll(async () => {
    stage.harness.sink.behave(({ to }) => ({ do: to[0]?.startsWith('doubt-') ? 'lose-answer' : 'accept' }));
    runId = await stage.launch('doubt', { people: 6 });
    await openGate(runId);
    expect(await codeOf('approve doubt --as ana')).toBe(0);
    await stage.untilPhase(runId, 'done');
    stage.harness.sink.behave(() => ({ do: 'accept' }));
  }, 120_000);

  const listed = async () => {
    const said = await cli('reconcile doubt --json');
    expect(said.exitCode).toBe(0);
    return said.json<{ runId: string; inDoubt: { step: string; seq: number; messageId: string }[] }>().inDoubt;
  };

  test('lists what is in doubt, by number and Message-ID, without an address', async () => {
    const inDoubt = await listed();
    expect(inDoubt.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    const arrived = new Set(mailTo('doubt').map(({ messageId }) => messageId));
    expect(new Set(inDoubt.map(({ messageId }) => messageId))).toEqual(arrived);
    const { stdout } = await cli('reconcile doubt');
    expect(stdout).toMatch(/6 in doubt/);
    expect(stdout).not.toMatch(/doubt-\d+-\d+@/);
    expect((await cli('status doubt')).stdout).toMatch(/Next: volante reconcile doubt\n$/);
  });

  test.each([
    ['reconcile doubt forget --as luis', 3],
    ['reconcile doubt give-up --as luis --yes', 3],
    ['reconcile doubt give-up --reason x --yes', 4],
    ['reconcile doubt give-up --reason x --as luis', 4],
    ['reconcile doubt give-up --reason x --as mallory --yes', 3],
    ['reconcile doubt give-up --reason x --as luis --yes --member 1-x', 3],
  ])('%s: exit %i, and the doubt remains', async (words, exitCode) => {
    expect(await codeOf(words)).toBe(exitCode);
    expect(await listed()).toHaveLength(6);
  });

  test('a platform that cannot tell says so', async () => {
    const said = await cli('reconcile doubt look-up --as luis');
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('mail cannot tell') });
    expect(await listed()).toHaveLength(6);
  });

  test('confirmed, given up or released, each by its number; every decision is in the audit', async () => {
    const reason = '--reason "read the log" --as luis --yes --json';
    expect((await cli(`reconcile doubt confirm-sent --member 1,2 ${reason}`)).json()).toEqual({ resolved: 2, of: 2 });
    expect((await cli(`reconcile doubt give-up --member 3 ${reason}`)).json()).toEqual({ resolved: 1, of: 1 });
    expect((await cli(`reconcile doubt give-up --member 1-3 ${reason}`)).json()).toEqual({ resolved: 0, of: 0 });
    const before = mailTo('doubt').length;
    expect((await cli(`reconcile doubt release --member 4-5 ${reason}`)).json()).toEqual({ resolved: 2, of: 2 });
    await eventually(() => mailTo('doubt').length === before + 2, { what: 'the released are sent' });
    expect((await listed()).map(({ seq }) => seq)).toEqual([6]);
    const settled = () => cli('status doubt --json').then((said) => said.json<Shown>().books[0]?.books);
    await eventually(async () => (await settled())?.sent === 4);
    expect(await settled()).toMatchObject({ targeted: 6, sent: 4, failed: 1, inDoubt: 1, open: 0 });
    const facts = (await readFacts(stage.harness.database, runId)).filter(({ action }) => action.startsWith('doubt.'));
    expect(facts.map(({ action, actor, detail }) => [action, actor, detail?.seqs])).toEqual([
      ['doubt.sent', 'luis', [1, 2]],
      ['doubt.given-up', 'luis', [3]],
      ['doubt.released', 'luis', [4, 5]],
    ]);
  });

  test('of an aborted run nothing is released: exit 5', async () => {
    await stage.harness.database.query("update runs set dispatch = 'closed' where run_id = $1", [runId]);
    const said = await cli('reconcile doubt release --reason x --as luis --yes');
    expect(said).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('VOL-301') });
    expect(await listed()).toHaveLength(1);
  });
});

describe('what cannot be reached or found', () => {
  const verbs = [
    'status',
    'status spring',
    'approve spring --as ana',
    'reject spring --as ana -m x',
    'pause spring --as luis --reason x',
    'resume spring --as luis',
    'abort spring --as luis --reason x --yes',
    'reconcile spring',
    'apply spring --as luis --yes',
  ];

  test('no Temporal, or no database: exit 7 in a line, whatever the verb', async () => {
    await Promise.all(
      verbs.map(async (words) => {
        const noTemporal = await cli(words, { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
        expect([words, noTemporal.exitCode, noTemporal.stdout]).toEqual([words, 7, '']);
        expect(noTemporal.stderr).toMatch(/^error VOL-500 {2}Temporal does not answer at 127\.0\.0\.1:9\.\n/);
        const noDatabase = await cli(words, { env: { DATABASE_URL: 'postgres://127.0.0.1:9/none' } });
        expect([words, noDatabase.exitCode, noDatabase.stdout]).toEqual([words, 7, '']);
        expect(noDatabase.stderr).toMatch(/^error VOL-501 /);
        for (const missing of ['TEMPORAL_ADDRESS', 'DATABASE_URL']) {
          const env = { [missing]: undefined, VOLANTE_DATA_DIR: join(stage.cwd, 'empty') };
          expect([words, missing, await codeOf(words, { env })]).toEqual([words, missing, 7]);
        }
      }),
    );
  }, 60_000);

  test.each([
    'status nobody',
    'approve nobody --as ana',
    'reject nobody --as ana -m x',
    'pause nobody --as luis --reason x',
    'resume nobody --as luis',
    'abort nobody --as luis --reason x --yes',
    'reconcile nobody',
    'report nobody',
  ])('%s: exit 3', async (words) => {
    expect(await cli(words)).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining('VOL-103') });
  });

  test('a beginning that fits several campaigns is not guessed at', async () => {
    const said = await cli('status s');
    expect(said).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('could be any of') });
  });
});

test('nothing in this file was a bug', async () => {
  const logs = await readdir(join(stage.cwd, '.volante')).catch(() => []);
  expect(logs).not.toContain('logs');
});

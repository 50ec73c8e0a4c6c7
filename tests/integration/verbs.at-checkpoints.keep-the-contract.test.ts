import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFacts } from '../../ledger/audit';
import { eventually } from '../support/eventually';
import { type VerbStage, verbStage } from '../support/verb-stage';

let stage: VerbStage;

beforeAll(async () => {
  stage = await verbStage();
  await stage.startWorkers();
}, 120_000);
afterAll(() => stage?.close(), 60_000);

const cli: VerbStage['cli'] = (words, options) => stage.cli(words, options);
const codeOf = async (words: string, options?: Parameters<VerbStage['cli']>[1]) => (await cli(words, options)).exitCode;
const factsOf = async (runId: string, action: string) =>
  (await readFacts(stage.harness.database, runId)).filter((fact) => fact.action === action);

/** A message in two variants, whose checkpoint waits for somebody to say that stock was counted. */
const keys = `metrics:
  - { name: conversion, role: success, kind: proportion, window: 1h }
steps:
  - id: content
    gate: { approvers: [marketing], expires: 2d }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: Hello, arms: { a: {}, b: { subject: Hello again } } }
    rollout:
      - wave: 50%
      - checkpoint:
          id: canary
          after: { event: stock-counted, timeout: 30d }
          decide: { pass: promote-winner, fail: abort, invalid: hold, error: hold, inconclusive: hold }
          hold: { approvers: [marketing], expires: 2d }
      - wave: rest`;

interface Shown {
  live?: {
    gates: { gate: string; state: string }[];
    waiting?: { checkpoint: string; progress: string }[];
    decisions?: { state: string; actor?: string; isOverride?: boolean; action?: string }[];
  };
}

const liveOf = async (id: string) => (await cli(`status ${id} --json`)).json<Shown>().live;

/** Runs until its first wave is sent and its checkpoint waits. */
async function waitingRun(id: string): Promise<string> {
  const runId = await stage.launch(id, { people: 10, keys });
  await eventually(async () => (await liveOf(id))?.gates.some(({ state }) => state === 'open'));
  expect(await codeOf(`approve ${id} --as ana`)).toBe(0);
  await eventually(async () => (await liveOf(id))?.waiting?.[0]?.checkpoint === 'offer/canary', {
    what: 'the checkpoint waits',
  });
  return runId;
}

const mailTo = (id: string) => stage.harness.customerMail().filter(({ to }) => to[0]?.startsWith(`${id}-`));

describe('a checkpoint that waits for news', () => {
  let runId: string;
  beforeAll(async () => {
    runId = await waitingRun('counted');
  }, 60_000);

  test.each([
    ['signal counted', "missing required argument 'event'"],
    ['signal counted ""', 'the event is missing'],
    ['signal counted stock-counted --as nobody', 'nobody'],
    ['override counted promote --as ana', '--reason is missing'],
    ['override counted --reason x --as ana', "missing required argument 'action'"],
    ['override counted promotion --reason x --as ana', 'none of promote, promote-control'],
    ['override counted promote-arm --reason x --as ana --yes', '--arm is missing'],
    ['feedback counted', "missing required argument 'words'"],
    ['feedback counted " "', 'what was said is missing'],
    ['feedback counted "so so" --score 9', 'not a number from 1 to 5'],
    ['feedback counted "so so" --from martians', 'neither team nor customer'],
  ])('%s: exit 3, with a code and what is wrong', async (words, complaint) => {
    const said = await cli(words.includes('--as') ? words : `${words} --as ana`);
    expect(said).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining(complaint) as string });
    expect(said.stderr).toMatch(/^error VOL-10\d /);
  });

  test.each(['signal nobody stock-counted', 'override nobody promote --reason x --yes', 'feedback nobody "so so"'])(
    '%s: exit 3, there is no such run',
    async (words) => {
      const said = await cli(`${words} --as ana`);
      expect(said).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('VOL-103') as string });
    },
  );

  test('an override that the run does not take: exit 5, and it says why', async () => {
    for (const words of [
      'promote-arm --arm zebra --as ana',
      'promote --checkpoint offer/elsewhere --as ana',
      'promote --as eva',
    ]) {
      const said = await cli(`override counted ${words} --reason x --yes`);
      expect([words, said.exitCode, said.stdout]).toEqual([words, 5, '']);
      expect(said.stderr).toMatch(/^error VOL-300 /);
    }
    expect((await liveOf('counted'))?.decisions ?? []).toEqual([]);
  });

  test('an override is asked for where somebody can answer, and needs --yes where nobody can', async () => {
    expect(await codeOf('override counted promote --reason x --as ana')).toBe(4);
    const said = await cli('override counted promote --reason x --as ana', { answer: 'n' });
    expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing was done.') as string });
    expect(mailTo('counted')).toHaveLength(5);
  });

  test('signal: the checkpoint waits for it no longer, judges, and asks its people; the audit knows who said it', async () => {
    const other = await cli('signal counted weather-is-fine --as luis --json');
    expect(other.exitCode).toBe(0);
    expect((await liveOf('counted'))?.waiting?.[0]?.checkpoint).toBe('offer/canary');
    const said = await cli('signal counted stock-counted --as luis --json');
    expect(said.exitCode).toBe(0);
    expect(said.json()).toMatchObject({ runId, event: 'stock-counted' });
    const live = await eventually(async () => {
      const found = await liveOf('counted');
      return found?.gates.some(({ gate, state }) => gate.startsWith('offer.canary') && state === 'open') && found;
    });
    expect(live.decisions).toMatchObject([{ state: 'invalid', actor: 'volante', isOverride: false }]);
    expect((await factsOf(runId, 'event.reported')).map(({ actor, detail }) => [actor, detail])).toEqual([
      ['luis', { event: 'weather-is-fine' }],
      ['luis', { event: 'stock-counted' }],
    ]);
  });

  test('override: the arm goes to everybody else; the verdict stays, the report shows who and why', async () => {
    const said = await cli('override counted promote-arm --arm b --reason "stock of a is gone" --as ana --yes --json');
    expect(said.exitCode).toBe(0);
    expect(said.json()).toMatchObject({
      runId,
      checkpoint: 'offer/canary',
      choice: { do: 'promote', arm: 'b' },
      done: true,
    });
    await stage.untilPhase(runId, 'done');
    expect(mailTo('counted')).toHaveLength(10);
    const { rows } = await stage.harness.database.query('select distinct arm from deliveries where wave = 2');
    expect(rows).toEqual([{ arm: 'b' }]);
    const report = (await cli('report counted')).stdout;
    expect(report).toMatch(/OVERRIDE by ana: promote b.*stock of a is gone/);
    expect(report).toMatch(/offer\/canary#1 {2}invalid: /);
  });

  test('feedback: kept with the run, also when it is over, and shown in its report', async () => {
    const said = await cli('feedback counted "b felt pushy" --from customer --score 2 --as ana --json');
    expect(said.exitCode).toBe(0);
    expect(said.json()).toMatchObject({ runId, id: expect.any(String) as string });
    expect(await codeOf('feedback counted "went well" --as luis')).toBe(0);
    const report = (await cli('report counted')).stdout;
    expect(report).toContain('customer 2/5: “b felt pushy”');
    expect(report).toContain('team: “went well”');
    const facts = await factsOf(runId, 'feedback.given');
    expect(facts.map(({ actor }) => actor)).toEqual(['ana', 'luis']);
    expect(JSON.stringify(facts)).not.toContain('pushy');
  });

  test('what is over takes neither news nor overrides: exit 5', async () => {
    for (const words of ['signal counted stock-counted', 'override counted promote --reason x --yes'])
      expect(await cli(`${words} --as ana`)).toMatchObject({
        exitCode: 5,
        stdout: '',
        stderr: expect.stringContaining('VOL-301') as string,
      });
  });
});

test('no Temporal, or no database: exit 7 in a line; feedback needs the database alone', async () => {
  const noTemporal = { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } };
  const noDatabase = { env: { DATABASE_URL: 'postgres://127.0.0.1:9/none' } };
  for (const words of ['signal counted x --as ana', 'override counted promote --reason x --as ana --yes']) {
    expect(await cli(words, noTemporal)).toMatchObject({ exitCode: 7, stdout: '' });
    expect(await cli(words, noDatabase)).toMatchObject({ exitCode: 7, stdout: '' });
  }
  expect(await codeOf('feedback counted "again" --as ana', noDatabase)).toBe(7);
  expect(await codeOf('feedback counted "again" --as ana', noTemporal)).toBe(0);
});

test('nothing in this file was a bug', async () => {
  const logs = await readdir(join(stage.cwd, '.volante')).catch(() => []);
  expect(logs).not.toContain('logs');
});

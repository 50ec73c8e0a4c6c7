import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { exitCodes } from '../../errors/catalogue';
import { optOut } from '../../ledger/opt-outs';
import { gatherReport } from '../../ledger/report-facts';
import { findRun, type RunRow } from '../../ledger/runs';
import { giveUp, inDoubt } from '../../operations/reconcile';
import { renderReportHtml } from '../../reports/html';
import type { RunReport } from '../../reports/run-report';
import { renderReportText } from '../../reports/text';
import { volante } from '../support/command-line';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';
import { temporaryFolder } from '../support/temporary-folder';

const people = 60;
const sale = testCampaign({
  name: 'Sale <b>&</b> more',
  audience: { from: 'contacts', holdout: 0.4 },
  steps: [gateStep(), emailStep(), emailStep({ id: 'reminder', if: 'false' })],
});

let environment: TestWorkflowEnvironment;
let harness: Harness;
let run: RunRow;
let report: RunReport;
const home = temporaryFolder('report');

/** One run with something of everything: a holdout, refusals, a bounce, a doubt, a suppression, an opt-out, a note with an address. */
beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment, {
    workspace: {
      platforms: {
        mail: {
          kind: 'smtp',
          url: 'smtp://127.0.0.1',
          connections: 2,
          costPerMessage: { currency: 'EUR', micros: 900 },
        },
      },
    },
  });
  await harness.importPeople(people, (n) => ({
    timeZone: n % 3 === 0 ? 'America/Bogota' : 'Europe/Madrid',
    consent: n === 1 ? 'withdrawn' : 'granted',
  }));
  const refused = new Set<string>();
  const refuse = (to: string, code: number, text: string) => {
    refused.add(to);
    return { do: 'refuse' as const, at: 'recipient' as const, code, text };
  };
  harness.sink.behave(({ to: [to = ''] }) => {
    if (!/^p\d+@/.test(to)) return { do: 'accept' };
    if (refused.size < 2) return refuse(to, 550, `5.1.1 <${to}> no such user`);
    if (refused.size === 2) return refuse(to, 554, '5.7.1 rejected');
    return { do: 'accept' };
  });
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(sale);
    await decide(harness, runId, 'ana', { note: 'go, p9@example.com likes it <script>alert(1)</script>' });
    await resultOf(harness, runId);
    run = (await findRun(harness.database, runId)) as RunRow;
  });
  const { rows } = await harness.database.query<{ contact_id: string }>(
    "select contact_id from deliveries where run_no = $1 and status = 'sent' order by seq limit 2",
    [run.no],
  );
  for (const { contact_id: contactId } of rows)
    await optOut(harness.database, { contactId, source: run.runId, method: 'one-click', at: new Date() });
  report = await gatherReport(harness.database, run);
});

afterAll(async () => {
  await harness?.close();
  await environment?.teardown();
  home.remove();
});

const stepOf = (from: RunReport, id: string) => {
  const found = from.steps.find(({ step }) => step === id);
  if (!found) throw new Error(`no step ${id}`);
  return found;
};

/** Counts straight from the rows, by code that shares nothing with the report's. */
async function counted(where: string): Promise<number> {
  const { rows } = await harness.database.query(
    `select d.*, m.arm, m.time_zone from members m left join deliveries d using (run_no, seq) where m.run_no = $1 and d.step = 'offer' and ${where}`,
    [run.no],
  );
  return rows.length;
}

test('books, rates and arms are those of the rows, and the books balance', async () => {
  const { books, rates, arms, balance } = stepOf(report, 'offer');
  const heldOut = await counted("m.arm = 'holdout'");
  const sent = await counted("d.status = 'sent'");
  expect(report.balance).toBe('balanced');
  expect(balance).toBe('balanced');
  expect(books).toMatchObject({ targeted: people, sent, heldOut, failed: 3, open: 0, inDoubt: 0 });
  expect(sent).toBeGreaterThan(0);
  expect(heldOut).toBeGreaterThan(0);
  expect(rates.sent).toEqual({ count: sent, of: people, share: sent / people });
  expect(rates.failed).toEqual({ count: 3, of: sent + 3, share: 3 / (sent + 3) });
  expect(arms).toEqual([
    { arm: expect.any(String), targeted: people - heldOut, sent, failed: 3, inDoubt: 0 },
    { arm: 'holdout', targeted: heldOut, sent: 0, failed: 0, inDoubt: 0 },
  ]);
});

test('refusals are grouped by code, and bounces and opt-outs are counted', () => {
  expect(stepOf(report, 'offer').refusals).toEqual([
    { code: 550, status: '5.1.1', count: 2 },
    { code: 554, status: '5.7.1', count: 1 },
  ]);
  expect(report.audience).toEqual({ reached: stepOf(report, 'offer').books.sent, optedOut: 2, bounced: 2 });
});

test('what was sent over time and by zone adds up', async () => {
  const { overTime, timeZones, books } = stepOf(report, 'offer');
  const buckets = overTime?.buckets ?? [];
  expect(buckets.reduce((sum, { sent }) => sum + sent, 0)).toBe(books.sent);
  expect(buckets.length).toBeLessThanOrEqual(48);
  for (const [index, { from }] of buckets.entries())
    expect(Date.parse(from)).toBe(Date.parse(buckets[0]?.from ?? '') + index * (overTime?.bucketMs ?? 0));
  expect(timeZones).toEqual([
    { zone: 'Europe/Madrid', targeted: 40, sent: await counted("d.status = 'sent' and m.time_zone = 'Europe/Madrid'") },
    {
      zone: 'America/Bogota',
      targeted: 20,
      sent: await counted("d.status = 'sent' and m.time_zone = 'America/Bogota'"),
    },
  ]);
});

test('cost, decisions, timeline and audit are told', () => {
  const heldOut = stepOf(report, 'offer').books.heldOut;
  expect(report.cost).toEqual({
    atMost: [{ currency: 'EUR', micros: (people - heldOut) * 2 * 900 }],
    spent: [{ currency: 'EUR', micros: stepOf(report, 'offer').books.sent * 900 }],
  });
  expect(report.decisions).toMatchObject([
    { gate: 'content', by: 'ana', verdict: 'approve', via: 'cli', planHash: run.planHash },
  ]);
  const told = report.timeline.map(({ action }) => action);
  expect(told).toEqual(
    expect.arrayContaining(['plan.applied', 'run.prepared', 'gate.decided', 'step.done', 'run.done']),
  );
  expect(told[0]).toBe('plan.applied');
  expect(report.audit).toMatchObject({ brokenAt: undefined });
  for (const language of ['en', 'es'] as const)
    expect(renderReportText(report, language)).not.toContain(language === 'en' ? 'volante: ' : 'volante:');
});

test('a step that was skipped says so and still balances', () => {
  const { books, balance, overTime } = stepOf(report, 'reminder');
  expect(balance).toBe('balanced');
  expect(books).toMatchObject({ targeted: people, sent: 0, open: 0 });
  expect(overTime).toBeUndefined();
});

test('no address of anybody is in any rendering, not even where a person or a server wrote one', async () => {
  const renderings = (['en', 'es'] as const).flatMap((language) => [
    renderReportText(report, language),
    renderReportHtml(report, language),
  ]);
  for (const rendering of [...renderings, JSON.stringify(report)]) {
    expect(rendering).not.toMatch(/p\d+@/);
    expect(rendering).not.toMatch(/Name\d/);
  }
  expect(renderings[0]).toContain('p***@example.com');
});

describe('the verb', () => {
  const say = (...words: string[]) =>
    volante(['report', ...words], {
      cwd: home.path,
      env: { DATABASE_URL: harness.deps.database.options.connectionString, VOLANTE_DATA_DIR: home.path },
    });

  test('prints text, JSON, and writes HTML and says where', async () => {
    const told = await say(run.campaignId, '--html', 'report.html', '--locale', 'es');
    expect(told).toMatchObject({ exitCode: exitCodes.ok, stderr: '' });
    expect(told.stdout).toContain('TERMINADA');
    expect(told.stdout).toContain(`Written to ${join(home.path, 'report.html')}`);
    const html = readFileSync(join(home.path, 'report.html'), 'utf8');
    expect(html).toContain('<html lang="es">');
    expect(html).toContain('Sale &lt;b>&amp;&lt;/b> more');
    const json = await say(run.runId, '--json', '--html', 'again.html');
    expect(json.json()).toEqual({
      ...(JSON.parse(JSON.stringify(report)) as object),
      measured: { decisions: [], epochs: [], objectives: [], holdout: [], feedback: [] },
      htmlFile: join(home.path, 'again.html'),
    });
  });

  test('says what is wrong with its words', async () => {
    mkdirSync(join(home.path, 'folder'));
    expect((await say('nothing-like-it')).exitCode).toBe(exitCodes.invalid);
    expect((await say(run.runId, '--locale', 'xx')).exitCode).toBe(exitCodes.invalid);
    for (const file of ['folder', 'no/such/folder/report.html']) {
      const told = await say(run.runId, '--html', file);
      expect(told.exitCode).toBe(exitCodes.invalid);
      expect(told.stderr).toContain(`${file} cannot be written`);
    }
  });
});

test('deliveries in doubt are counted and the command is named; what a person decides about them shows', async () => {
  let lost: string | undefined;
  harness.sink.behave(({ to: [to = ''] }) => {
    if (/^p\d+@/.test(to)) lost ??= to;
    return to === lost ? { do: 'lose-answer' } : { do: 'accept' };
  });
  const doubtful = testCampaign({ id: 'doubt', steps: [gateStep(), emailStep()] });
  const { runId } = await harness.withWorkers(async () => {
    const launched = await harness.launch(doubtful);
    await decide(harness, launched.runId, 'ana');
    await resultOf(harness, launched.runId);
    return launched;
  });
  const row = (await findRun(harness.database, runId)) as RunRow;
  const before = await gatherReport(harness.database, row);
  expect(stepOf(before, 'offer')).toMatchObject({ balance: 'balanced', books: { inDoubt: 1 } });
  expect(renderReportText(before, 'en')).toContain(`volante reconcile ${row.campaignId}`);
  const [delivery] = await inDoubt(harness.database, row);
  await giveUp(harness.database, {
    run: row,
    step: 'offer',
    seqs: [delivery?.seq ?? 0],
    by: 'luis',
    reason: `${lost} is not in the log`,
  });
  const after = await gatherReport(harness.database, row);
  expect(stepOf(after, 'offer').refusals).toEqual([{ count: 1 }]);
  expect(renderReportText(after, 'en')).toContain('luis gave up 1 delivery in doubt of “offer”');
  expect(JSON.stringify(after)).not.toContain(lost);
});

test('a run that ended with members in no place says so, and exits with 8', async () => {
  await harness.database.query(
    "insert into runs (run_id, campaign_id, environment, revision, applied_plan_hash, applied_by, applied_at, members, phase, finished_at) select 'campaign/lost/1', 'lost', environment, revision, applied_plan_hash, applied_by, applied_at, 1, 'done', now() from runs where no = $1",
    [run.no],
  );
  await harness.database.query(
    "insert into members (run_no, seq, contact_id, shard, arm, propensity, time_zone) select no, 1, 1, 1, 'all', 1, 'UTC' from runs where run_id = 'campaign/lost/1'",
  );
  const told = await volante(['report', 'lost'], {
    cwd: home.path,
    env: { DATABASE_URL: harness.deps.database.options.connectionString, VOLANTE_DATA_DIR: home.path },
  });
  expect(told.exitCode).toBe(exitCodes.partial);
  expect(told.stdout).toContain('THE BOOKS DO NOT BALANCE: offer, reminder');
});

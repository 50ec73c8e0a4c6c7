import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import { booksBalance, stepBooks } from '../../ledger/books';
import { revisionsFollowed } from '../../ledger/journeys/followed';
import { findRun } from '../../ledger/runs';
import { controlRun } from '../../operations/control';
import { eventually } from '../support/eventually';
import { journeyCampaign, letter, type Shop, shopOf, wait } from '../support/journeys';
import { type Harness, runHarness } from '../support/run-harness';
import { resultOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

const day = 24 * 3600_000;
let environment: TestWorkflowEnvironment;
let harness: Harness;
let shop: Shop;

beforeEach(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  shop = shopOf(harness);
  await harness.importPeople(5);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const mail = (id: string) => letter(id, { subject: id });
const until = (type: string) => wait(type, { event: { events: [type], timeout: 30 * day } });
const series = (steps: Parameters<typeof journeyCampaign>[0], trigger: Partial<ResolvedTrigger> = {}) =>
  journeyCampaign(steps, { trigger: { reentry: 'never', ...trigger } });

async function says(type: string, ...people: number[]): Promise<void> {
  for (const person of people) await shop.tell(type, person);
  await shop.dispatch();
}

/** Steps that were sent, in their order, by person. */
async function sent(): Promise<string[]> {
  const { rows } = await harness.database.query<{ line: string }>(
    `select split_part(c.address, '@', 1) || ' ' || string_agg(d.step, ' ' order by d.settled_at, d.step) as line
       from deliveries d join contacts c on c.id = d.contact_id where d.status = 'sent' group by c.address order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** Steps at which journeys on their way stand, by person. */
async function standing(): Promise<string> {
  const { rows } = await harness.database.query<{ at: string }>(
    `select coalesce(string_agg(split_part(c.address, '@', 1) || ' ' || j.step, ', ' order by c.address), '') as at
       from journeys j join contacts c on c.id = j.contact_id where j.state <> 'ended'`,
  );
  return rows[0]?.at ?? '';
}

/** Waits until these steps were sent, and those on their way stand where they wait next. */
async function become(lines: string[], at: string): Promise<void> {
  await eventually(async () => JSON.stringify(await sent()) === JSON.stringify(lines), { what: lines.join(', ') });
  await eventually(async () => (await standing()) === at, { what: at });
}

test('people at every place get what the newer file still has for them, once, whoever works on it', async () => {
  const former = await harness.withWorkers(async () => {
    const runId = await shop.open(
      series([mail('hello'), until('opened'), mail('mid'), until('clicked'), mail('last'), until('bought')]),
    );
    await says('order.paid', 1, 2, 3, 4);
    await become(['p1 hello', 'p2 hello', 'p3 hello', 'p4 hello'], 'p1 opened, p2 opened, p3 opened, p4 opened');
    await says('opened', 2, 3, 4);
    await become(
      ['p1 hello', 'p2 hello mid', 'p3 hello mid', 'p4 hello mid'],
      'p1 opened, p2 clicked, p3 clicked, p4 clicked',
    );
    await says('clicked', 3, 4);
    await become(
      ['p1 hello', 'p2 hello mid', 'p3 hello mid last', 'p4 hello mid last'],
      'p1 opened, p2 clicked, p3 bought, p4 bought',
    );
    await says('bought', 4);
    await shop.ended(1);
    return runId;
  });
  await harness.withWorkers(async () => {
    await shop.open(
      series(
        [mail('hello'), until('opened'), mail('between'), mail('mid'), until('clicked'), mail('last'), mail('closing')],
        { underWay: 'follow' },
      ),
    );
    await says('opened', 1);
    await become(
      ['p1 hello between mid', 'p2 hello mid', 'p3 hello mid last', 'p4 hello mid last'],
      'p1 clicked, p2 clicked, p3 bought',
    );
  });
  await harness.withWorkers(async () => {
    await says('clicked', 1, 2);
    // The wait is in no file any more, and is over when it is over.
    await says('bought', 3);
    await resultOf(harness, former);
    await become(
      [
        'p1 hello between mid last closing',
        'p2 hello mid last closing',
        'p3 hello mid last closing',
        'p4 hello mid last',
      ],
      '',
    );
  });
  expect(harness.customerMail()).toHaveLength(5 + 4 + 4 + 3);
  const { no: runNo } = (await findRun(harness.database, former)) ?? { no: 0 };
  for (const step of ['hello', 'between', 'mid', 'last', 'closing'])
    expect([step, booksBalance(await stepBooks(harness.database, { runNo, step }))]).toEqual([step, true]);
  const followed = await revisionsFollowed(harness.database, { runNo, seq: 2 });
  expect(followed.map(({ step }) => step).sort()).toEqual(['closing', 'last']);
});

test('what a followed step gave away is taken back with the run', async () => {
  await harness.withWorkers(async () => {
    const gift = {
      id: 'gift',
      kind: 'promotion' as const,
      promotion: {
        discount: { kind: 'percent' as const, share: 0.1 },
        worth: { currency: 'EUR', micros: 5_000_000 },
        line: 'promotion',
        platform: 'built-in',
        codes: 'one-per-contact' as const,
        limits: { perContact: 1, perCode: 1 },
        stacking: 'alone' as const,
        undo: 'disable-unredeemed' as const,
      },
    };
    const budget = {
      total: { currency: 'EUR', micros: 100_000_000 },
      lines: { promotion: { currency: 'EUR', micros: 100_000_000 } },
    };
    const campaign = (steps: Parameters<typeof journeyCampaign>[0], trigger: Partial<ResolvedTrigger> = {}) => ({
      ...series(steps, trigger),
      budget,
    });
    const former = await shop.open(campaign([mail('hello'), until('opened'), mail('mid')]));
    await says('order.paid', 1);
    await become(['p1 hello'], 'p1 opened');
    await shop.open(
      campaign([mail('hello'), until('opened'), gift, mail('mid'), until('bought')], { underWay: 'follow' }),
    );
    await says('opened', 1);
    await become(['p1 hello mid'], 'p1 bought');
    const codes = () =>
      harness.database.query(
        `select p.step, k.state from promotion_codes k join promotions p on p.no = k.promotion_no`,
      );
    expect((await codes()).rows).toMatchObject([{ step: 'gift', state: 'active' }]);
    const operator = { client: environment.client, database: harness.database };
    await controlRun(operator, { runId: former, verb: 'abort', by: 'luis', reason: 'enough' });
    await resultOf(harness, former);
    expect((await codes()).rows).toMatchObject([{ step: 'gift', state: 'disabled' }]);
  });
});

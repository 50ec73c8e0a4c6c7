import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
  harness = await runHarness(environment);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
});

const saleWith = (gate: Parameters<typeof gateStep>[0] = {}) => testCampaign({ steps: [gateStep(gate), emailStep()] });

test('an approved gate lets the step send once to everybody, and the books balance', async () => {
  await harness.importPeople(40);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith());
    await openGate(harness, runId);
    expect(harness.customerMail()).toHaveLength(0);
    await decide(harness, runId, 'ana');
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('done');
    expect(stepOf(status, 'offer').books).toMatchObject({ targeted: 40, sent: 40, open: 0, inDoubt: 0 });
  });
  const to = harness.customerMail().map((message) => message.to[0]);
  expect(to).toHaveLength(40);
  expect(new Set(to).size).toBe(40);
  expect(new Set(harness.customerMail().map(({ messageId }) => messageId)).size).toBe(40);
});

test('those who may decide are mailed a personal link, reminded, and the author is not', async () => {
  await harness.importPeople(1);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith());
    await openGate(harness, runId);
    await environment.sleep('2 days');
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
  });
  const asked = harness
    .teamMail()
    .map(({ to }) => to[0])
    .sort();
  expect(asked).toEqual(['ana@shop.example', 'ana@shop.example', 'bea@shop.example', 'bea@shop.example']);
});

test('a rejected gate ends the run; nothing is sent and everybody is accounted for as cancelled', async () => {
  await harness.importPeople(5);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith());
    await decide(harness, runId, 'ana', { verdict: 'reject', note: 'wrong price' });
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('rejected');
    expect(stepOf(status, 'offer').state).toBe('cancelled');
  });
  expect(harness.customerMail()).toHaveLength(0);
  const { rows } = await harness.database.query('select status, count(*)::int as n from deliveries group by status');
  expect(rows).toEqual([{ status: 'cancelled', n: 5 }]);
});

test('a gate nobody decides expires after three days and rejects', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith({ onExpiry: 'reject' }));
    await openGate(harness, runId);
    const status = await resultOf(harness, runId);
    expect(status.phase).toBe('rejected');
    expect(status.gates[0]?.state).toBe('expired');
  });
  expect(harness.customerMail()).toHaveLength(0);
});

test('onExpiry hold: the run is held until somebody decides, however late', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith({ onExpiry: 'hold' }));
    await openGate(harness, runId);
    await environment.sleep('10 days');
    const held = await openGate(harness, runId);
    expect(held.gates[0]?.state).toBe('held');
    await decide(harness, runId, 'bea');
    expect((await resultOf(harness, runId)).phase).toBe('done');
  });
  expect(harness.customerMail()).toHaveLength(3);
});

test('onExpiry escalate: others are asked after three days and may approve', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith({ onExpiry: 'escalate', escalateTo: ['board'] }));
    await openGate(harness, runId);
    await expect(decide(harness, runId, 'eva')).rejects.toMatchObject({ code: 'VOL-300' });
    await environment.sleep('4 days');
    await decide(harness, runId, 'eva');
    expect((await resultOf(harness, runId)).phase).toBe('done');
  });
  expect(harness.customerMail()).toHaveLength(3);
});

test('onExpiry escalate: when nobody decides then either, the gate rejects', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith({ onExpiry: 'escalate', escalateTo: ['board'] }));
    await openGate(harness, runId);
    expect((await resultOf(harness, runId)).phase).toBe('rejected');
  });
  expect(harness.customerMail()).toHaveLength(0);
});

test('two approvals are needed where the gate says so, by two people', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith({ quorum: 2 }));
    expect(await decide(harness, runId, 'ana')).toMatchObject({ approvals: 1, state: 'open' });
    expect(harness.customerMail()).toHaveLength(0);
    expect(await decide(harness, runId, 'bea')).toMatchObject({ approvals: 2, state: 'approved' });
    expect((await resultOf(harness, runId)).phase).toBe('done');
  });
});

test.each([
  ['the author', 'luis', {}],
  ['somebody of another role', 'eva', {}],
  ['an approval of another plan', 'ana', { planHash: 'b'.repeat(64) }],
] as const)('no delivery after a decision by %s: it is refused', async (_what, who, options) => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const { runId } = await harness.launch(saleWith());
    await expect(decide(harness, runId, who, options)).rejects.toMatchObject({ code: 'VOL-300' });
    expect((await openGate(harness, runId)).gates[0]?.decisions).toHaveLength(0);
  });
  expect(harness.customerMail()).toHaveLength(0);
});

test('applying the same revision twice starts nothing twice', async () => {
  await harness.importPeople(3);
  await harness.withWorkers(async () => {
    const first = await harness.launch(saleWith());
    const second = await harness.launch(saleWith());
    expect(first.outcome).toBe('started');
    expect(second).toEqual({ runId: first.runId, outcome: 'already' });
    await decide(harness, first.runId, 'ana');
    await resultOf(harness, first.runId);
    expect((await harness.launch(saleWith())).outcome).toBe('already');
  });
  expect(harness.customerMail()).toHaveLength(3);
});

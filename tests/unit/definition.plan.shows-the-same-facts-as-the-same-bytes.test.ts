import fc from 'fast-check';
import pc from 'picocolors';
import { renderPlan } from '../../cli/plan-text';
import type { LoadedCampaign } from '../../definition/load-campaign';
import { isIntact, makePlan, planJson } from '../../definition/plan';
import type { PlannedCampaign } from '../../definition/plan-document';
import type { PlanFacts } from '../../definition/plan-facts';
import { loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder('plan');
let campaign: LoadedCampaign;
beforeAll(async () => {
  await writeFixture(folder.path);
  const loaded = await loadChanged(folder.path, { keys: 'id: spring-sale' });
  if (!loaded.campaign) throw new Error(JSON.stringify(loaded.problems));
  campaign = loaded.campaign;
});
afterAll(() => folder.remove());

const facts: PlanFacts = {
  audience: {
    targeted: 1000,
    heldOut: 100,
    suppressed: 20,
    unconsented: 10,
    capped: 5,
    reachable: 865,
    undecidable: 3,
    undecidableReason: 'a value is missing at "orders"',
    checksum: 'c'.repeat(64),
    timeZones: [{ zone: 'Europe/Madrid', count: 1000 }],
  },
  platforms: { mail: { ratePerSecond: 200, costPerMessage: { currency: 'EUR', micros: 900 } } },
  liveRuns: [
    {
      runId: 'campaign/other/1',
      campaign: 'other',
      revision: 'd'.repeat(64),
      phase: 'sending',
      platforms: ['mail'],
      sharedMembers: 40,
    },
    {
      runId: 'campaign/over/1',
      campaign: 'over',
      revision: 'd'.repeat(64),
      phase: 'sending',
      platforms: ['fax'],
      sharedMembers: 0,
    },
  ],
};
const environment = 'test';

function planOf(given: PlanFacts): PlannedCampaign {
  const [planned] = makePlan([{ campaign, facts: given }], { environment }).campaigns;
  if (!planned || planned.action === 'invalid') throw new Error('not planned');
  return planned;
}

test('people, money, time, gates and what cannot be undone', () => {
  const planned = planOf(facts);
  expect(planned).toMatchObject({
    action: 'launch',
    cost: [{ currency: 'EUR', micros: 810_000 }],
    deliveries: [{ step: 'offer', platform: 'mail', recipients: 865, ratePerSecond: 200, seconds: 5 }],
    gates: [{ step: 'content', approvers: ['marketing', 'ops'], quorum: 2 }],
    irreversible: [{ step: 'offer' }],
    collisions: [{ runId: 'campaign/other/1', sharedMembers: 40, sharedPlatforms: ['mail'] }],
  });
});

test('a run whose time does not touch this one collides only over people', () => {
  const [run] = facts.liveRuns;
  const ending = { ...campaign.resolved.schedule, start: '2027-04-01T07:00:00.000Z' };
  const later = { ...campaign, resolved: { ...campaign.resolved, schedule: ending } };
  const [planned] = makePlan(
    [{ campaign: later, facts: { ...facts, liveRuns: [{ ...run!, end: '2027-03-01T00:00:00.000Z' }] } }],
    {
      environment,
    },
  ).campaigns;
  expect(planned).toMatchObject({ collisions: [{ sharedMembers: 40, sharedPlatforms: [] }] });
});

test('the same revision again is nothing to do; another one is a change with its difference', () => {
  expect(planOf({ ...facts, alreadyRun: { runId: 'campaign/spring-sale/1', phase: 'done' } }).action).toBe('none');
  const applied = {
    revision: 'e'.repeat(64),
    runId: 'campaign/spring-sale/1',
    targeted: 900,
    campaign: { ...campaign.resolved, name: 'Old name' },
  };
  expect(planOf({ ...facts, applied })).toMatchObject({
    action: 'change',
    changes: [{ path: 'name', kind: 'changed', before: 'Old name', after: 'Spring sale', cosmetic: true }],
  });
});

test('the same facts give the same bytes and the same hash, in whatever order they come', () => {
  const shuffled = (given: PlanFacts): PlanFacts =>
    ({
      ...Object.fromEntries(Object.entries(given).reverse()),
      liveRuns: [...given.liveRuns].reverse(),
    }) as PlanFacts;
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(100_000), (targeted, shared) => {
      const given = {
        ...facts,
        audience: { ...facts.audience, targeted },
        liveRuns: facts.liveRuns.map((run) => ({ ...run, sharedMembers: shared })),
      };
      const one = makePlan([{ campaign, facts: given }], { environment });
      const two = makePlan([{ campaign: structuredClone(campaign), facts: shuffled(structuredClone(given)) }], {
        environment,
      });
      expect(planJson(two)).toBe(planJson(one));
      expect(two.hash).toBe(one.hash);
      expect(isIntact(one)).toBe(true);
      expect(isIntact(JSON.parse(planJson(one)))).toBe(true);
    }),
  );
});

test('a plan that was edited does not carry its hash any more', () => {
  const plan = makePlan([{ campaign, facts }], { environment });
  const edited = structuredClone(plan);
  (edited.campaigns[0] as PlannedCampaign).cost[0]!.micros = 1;
  expect(isIntact(edited)).toBe(false);
});

test('as text: the reach first, nothing of it hidden', () => {
  const plan = makePlan(
    [{ campaign, facts }, { invalid: { sourceFile: 'campaigns/bad/campaign.yaml', problems: [] } }],
    { environment },
  );
  const text = renderPlan(plan, { colors: pc.createColors(false), full: false });
  expect(text).toContain('! campaigns/bad/campaign.yaml  cannot be planned: 0 errors');
  expect(text).toContain('+ spring-sale  Spring sale');
  expect(text).toContain(
    '865 of 1,000 targeted (100 held out, 20 suppressed, 10 without consent, 5 over the frequency cap, 3 not decidable: a value is missing at "orders")',
  );
  expect(text).toContain('at most 0.81 EUR');
  expect(text).toContain('5s at 200/s');
  expect(text).toContain('nothing from 21:00 to 08:30 in each recipient');
  expect(text).toContain('campaign/other/1 (sending): 40 of the same people, the same mail');
  expect(text).toMatch(/Plan [0-9a-f]{12}: 1 to launch, 0 to change, 1 invalid\. .*Irreversible steps: 1\.$/);
  const full = renderPlan(plan, { colors: pc.createColors(false), full: true });
  expect(full).toContain(plan.campaigns.map((planned) => ('planHash' in planned ? planned.planHash : '')).join(''));
});

test('a program shows what its codes can cost, and what it owes when it takes over', async () => {
  const text = (value: string) => `id: club
name: Club
owner: ana
budget: { total: 500 EUR, lines: { rewards: 400 EUR } }
program:
  pointValue: ${value}
  earn: [{ id: purchases, on: order.paid, perUnit: 1 }]
  rewards:
    - { id: five, cost: 500, promotion: { discount: 5 EUR, budget: rewards } }
    - { id: ten, cost: 900, promotion: { discount: 10%, maxDiscount: 10 EUR, limits: { total: 20 }, budget: rewards } }
steps:
  - id: terms
    gate: { approvers: [marketing] }
`;
  const { campaign: club } = await loadChanged(folder.path, { whole: text('0.02 EUR') });
  if (!club) throw new Error('the program is wrong');
  const euros = (units: number) => ({ currency: 'EUR', micros: units * 1_000_000 });
  const codes = { given: 3, redeemed: 1, reserved: [euros(10)], spent: [euros(5)] };
  const program = { members: 7, pointValue: { currency: 'EUR', micros: 10_000 }, active: 900, pending: 100, codes };
  const document = makePlan([{ campaign: club, facts: { ...facts, program } }], { environment });
  const [planned] = document.campaigns;
  expect(planned).toMatchObject({
    cost: [euros(400)],
    promotions: [
      { step: 'reward:five', points: 500, worth: euros(5), asked: euros(400), atMost: euros(400), without: 0 },
      { step: 'reward:ten', points: 900, worth: euros(10), asked: euros(200), atMost: euros(200), without: 0 },
    ],
    program: { owed: euros(10), owedThen: euros(20) },
  });
  const shown = renderPlan(document, { colors: pc.createColors(false), full: false });
  expect(shown).toContain('reward:five');
  expect(shown).toContain('a code for 500 points, worth 5.00 EUR a use at most; 400.00 EUR of line rewards at most');
  expect(shown).toContain('10.00 EUR to 7 members, for 900 points and 100 pending ones at 0.01 EUR, and 20.00 EUR at');
  expect(shown).toContain('3 codes were given for points; what of them is not used stays valid, at most 10.00 EUR');
  const { campaign: same } = await loadChanged(folder.path, { whole: text('0.01 EUR') });
  if (!same) throw new Error('the program is wrong');
  expect(makePlan([{ campaign: same, facts: { ...facts, program } }], { environment }).campaigns[0]).not.toHaveProperty(
    'program.owedThen',
  );
});

test('a paced line says how long issuing takes at least', async () => {
  const pacedAt = async (amount: string) => {
    const { campaign: paced, problems } = await loadChanged(folder.path, {
      keys: `budget: { total: 20000 EUR, lines: { promotion: 20000 EUR }, pacing: { promotion: { amount: ${amount}, per: 1d } } }
steps:
  - id: content
    gate: { approvers: [marketing] }
  - id: codes
    promotion: { discount: 5 EUR, limits: { perContact: 2, perCode: 2 }, budget: promotion }`,
    });
    if (!paced) throw new Error(JSON.stringify(problems));
    const document = makePlan([{ campaign: paced, facts }], { environment });
    const [planned] = document.campaigns;
    return {
      pace: planned && planned.action !== 'invalid' ? planned.promotions?.[0]?.pace : undefined,
      text: renderPlan(document, { colors: pc.createColors(false), full: false }),
    };
  };
  // 900 codes of 10 EUR, 25 of them a day: the 36th day begins when 35 have passed.
  const slow = await pacedAt('259 EUR');
  expect(slow.pace).toMatchObject({ takes: 35 * 24 * 3600_000 });
  expect(slow.text).toContain('259.00 EUR within 1d at most: issuing to everybody takes 35d at least');
  const fast = await pacedAt('9000 EUR');
  expect(fast.pace).toMatchObject({ takes: 0 });
  expect(fast.text).toContain('9000.00 EUR within 1d at most: enough for everybody at once');
});

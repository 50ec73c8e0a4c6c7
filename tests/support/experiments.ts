/** Campaigns with experiments, and readers that behave as a test says. */
import { assignArm } from '../../definition/assignment';
import type { ResolvedCampaign } from '../../definition/resolved';
import type {
  EmailArm,
  ResolvedCheckpoint,
  ResolvedExperiment,
  ResolvedMetric,
} from '../../definition/resolved-measuring';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { emailStep, gateStep, type Harness, testCampaign } from './run-harness';

export const hour = 3600_000;
export const day = 24 * hour;

export const clickMetric: ResolvedMetric = {
  name: 'click',
  role: 'success',
  kind: 'proportion',
  from: { events: 'clicked' },
  window: 6 * hour,
  goodDirection: 'up',
};

export const complaintLimit: ResolvedMetric = {
  name: 'complaint',
  role: 'guardrail',
  kind: 'rate-limit',
  from: { events: 'complained' },
  window: 6 * hour,
  goodDirection: 'down',
  max: 0.003,
  onFail: 'abort',
};

const rules: ResolvedExperiment = {
  goal: 'learn',
  method: 'group-sequential',
  spending: { kind: 'obrien-fleming' },
  alpha: 0.05,
  alphaAbort: 0.01,
  power: 0.8,
  control: 'a',
  salt: 'test',
  bandit: { floor: 0.05, minUnits: 100, minConversions: 10 },
};

export function testCheckpoint(given: Partial<ResolvedCheckpoint> = {}): ResolvedCheckpoint {
  return {
    id: 'canary',
    after: { maturity: 1, timeout: 3 * day },
    quality: {
      srm: { alpha: 0.001, method: 'sequential' },
      multipleExposure: 0.005,
      mustHaveData: true,
      minUnitsPerArm: 50,
      minEventsPerArm: 5,
    },
    requireGuardrails: 'not-failed',
    hold: { approvers: ['marketing'], quorum: 1, expires: day, onExpiry: 'pause', onReject: 'end-early' },
    ...given,
    decide: {
      pass: { do: 'promote', what: 'winner' },
      fail: { do: 'abort' },
      invalid: { do: 'hold' },
      error: { do: 'hold' },
      inconclusive: { do: 'promote', what: 'control' },
      ...given.decide,
    },
  };
}

const twoArms: EmailArm[] = [
  { name: 'a', share: 0.5 },
  { name: 'b', share: 0.5, subject: 'Otra linea' },
];

/** A gate, then one message in two variants: half of the audience, a checkpoint, and the rest. */
export function experimentCampaign(
  options: {
    checkpoint?: Partial<ResolvedCheckpoint>;
    experiment?: Partial<ResolvedExperiment>;
    metrics?: ResolvedMetric[];
    share?: number;
    arms?: EmailArm[];
    schedule?: Partial<ResolvedCampaign['schedule']>;
    campaign?: Partial<Omit<ResolvedCampaign, 'steps' | 'schedule'>>;
  } = {},
): ResolvedCampaign {
  const campaign = testCampaign({
    ...options.campaign,
    ...(options.schedule && { schedule: options.schedule }),
    metrics: options.metrics ?? [clickMetric],
    steps: [gateStep(), emailStep()],
  });
  for (const step of campaign.steps) {
    if (step.kind !== 'email') continue;
    step.email = { ...step.email, arms: options.arms ?? twoArms, experiment: { ...rules, ...options.experiment } };
    step.rollout = [
      { kind: 'wave', size: { share: options.share ?? 0.5 } },
      { kind: 'checkpoint', checkpoint: testCheckpoint(options.checkpoint) },
      { kind: 'wave', size: 'rest' },
    ];
  }
  return campaign;
}

/** Every contact's arm, as the run will draw it. */
export async function armsOfContacts(
  harness: Harness,
  weights: Record<string, number> = { a: 0.5, b: 0.5 },
): Promise<{ id: string; arm: string }[]> {
  const { rows } = await harness.database.query<{ id: string }>('select id from contacts order by id');
  return rows.map(({ id }) => ({ id, arm: assignArm(weights, rules.salt, id) ?? '' }));
}

/** A share of each arm does something, at a moment that is yet to come. */
export async function readersDo(
  harness: Harness,
  what: {
    kind: 'clicked' | 'complained' | 'converted' | 'unsubscribed';
    at: Date;
    shares: Record<string, number>;
    weights?: Record<string, number>;
  },
): Promise<void> {
  const seen: Record<string, number> = {};
  const done: Record<string, number> = {};
  const events: NewEvent[] = [];
  for (const { id, arm } of await armsOfContacts(harness, what.weights)) {
    seen[arm] = (seen[arm] ?? 0) + 1;
    if ((done[arm] ?? 0) >= (seen[arm] ?? 0) * (what.shares[arm] ?? 0)) continue;
    done[arm] = (done[arm] ?? 0) + 1;
    events.push({
      source: 'test',
      id: `${what.kind}-${id}`,
      kind: what.kind,
      about: { contactId: id },
      occurredAt: what.at,
    });
  }
  await recordEvents(harness.database, events);
}

/** A report with something in every part of it. */
import type { RunReport } from '../../reports/run-report';

const books = {
  targeted: 1_000,
  sent: 930,
  heldOut: 50,
  suppressed: 6,
  unconsented: 2,
  capped: 1,
  late: 1,
  invalid: 1,
  failed: 5,
  inDoubt: 3,
  cancelled: 1,
  open: 0,
};

export function sampleReport(change: Partial<RunReport> = {}): RunReport {
  return {
    runId: 'campaign/spring-sale/0123456789ab',
    campaign: { id: 'spring-sale', name: 'Spring sale', owner: 'ana' },
    environment: 'test',
    timeZone: 'Europe/Madrid',
    revision: '0123456789ab'.repeat(6).slice(0, 64),
    gitCommit: 'fedcba9876543210',
    planHash: '7f3a52c01d9e'.repeat(6).slice(0, 64),
    appliedBy: 'luis',
    appliedAt: '2027-04-01T06:30:00.000Z',
    phase: 'done',
    finishedAt: '2027-04-01T09:10:00.000Z',
    members: 1_000,
    balance: 'balanced',
    cost: {
      atMost: [{ currency: 'EUR', micros: 855_000 }],
      spent: [{ currency: 'EUR', micros: 837_000 }],
    },
    audience: { reached: 930, optedOut: 4, bounced: 3 },
    steps: [
      {
        step: 'offer',
        balance: 'balanced',
        books,
        rates: {
          sent: { count: 930, of: 1_000, share: 0.93 },
          failed: { count: 5, of: 938, share: 5 / 938 },
          inDoubt: { count: 3, of: 938, share: 3 / 938 },
        },
        arms: [
          { arm: 'all', targeted: 950, sent: 930, failed: 5, inDoubt: 3 },
          { arm: 'holdout', targeted: 50, sent: 0, failed: 0, inDoubt: 0 },
        ],
        refusals: [{ code: 550, status: '5.1.1', count: 3 }, { code: 554, count: 1 }, { count: 1 }],
        overTime: {
          bucketMs: 900_000,
          buckets: [
            { from: '2027-04-01T08:00:00.000Z', sent: 500 },
            { from: '2027-04-01T08:15:00.000Z', sent: 0 },
            { from: '2027-04-01T08:30:00.000Z', sent: 430 },
          ],
        },
        timeZones: [
          { zone: 'Europe/Madrid', targeted: 800, sent: 760 },
          { zone: 'other', targeted: 200, sent: 170 },
        ],
      },
    ],
    decisions: [
      {
        gate: 'content',
        by: 'ana',
        verdict: 'approve',
        at: '2027-04-01T07:02:00.000Z',
        via: 'page',
        planHash: '7f3a52c01d9e'.repeat(6).slice(0, 64),
        note: 'go',
      },
    ],
    timeline: [
      { at: '2027-04-01T06:30:00.000Z', actor: 'luis', action: 'plan.applied', subject: 'spring-sale' },
      { at: '2027-04-01T06:30:01.000Z', actor: 'volante', action: 'run.prepared', count: 1_000 },
      { at: '2027-04-01T07:02:00.000Z', actor: 'ana', action: 'gate.decided', subject: 'content', reason: 'approve' },
      { at: '2027-04-01T08:16:00.000Z', actor: 'luis', action: 'run.pause-asked', reason: 'a wrong price' },
      { at: '2027-04-01T09:10:00.000Z', actor: 'volante', action: 'run.done' },
    ],
    audit: { facts: 17 },
    ...change,
  };
}

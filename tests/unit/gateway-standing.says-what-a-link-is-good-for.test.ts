import type { GateState, GateView, RunStatus } from '../../definition/run-status';
import type { GateStory } from '../../gateway/approval/gate-story';
import { type Standing, standingOf } from '../../gateway/approval/standing';
import type { ApprovalToken } from '../../ledger/approval-tokens';
import { gateStep, testWorkspace } from '../support/run-harness';

const now = new Date('2027-04-01T10:00:00Z');
const planHash = 'ab'.repeat(32);
const link: ApprovalToken = {
  id: 'id',
  runId: 'campaign/sale/1',
  gate: 'content',
  person: 'ana',
  planHash,
  expiresAt: new Date('2027-04-02T10:00:00Z'),
  state: 'issued',
};
const anas = { by: 'ana', verdict: 'approve', at: '2027-04-01T09:00:00Z', via: 'page' } as const;
const beas = { ...anas, by: 'bea' } as const;

function live(view: Partial<GateView> = {}, status: Partial<RunStatus> = {}): GateStory {
  const gate: GateView = {
    gate: 'content',
    state: 'open',
    approvers: ['marketing'],
    quorum: 1,
    openedAt: '2027-03-31T10:00:00Z',
    expiresAt: '2027-04-03T10:00:00Z',
    decisions: [],
    ...view,
  };
  const run: RunStatus = {
    runId: link.runId,
    campaign: 'sale',
    revision: 'r',
    planHash,
    phase: 'gate',
    members: 1,
    steps: [],
    gates: [gate],
    ...status,
  };
  return { decisions: gate.decisions, view: gate, status: run };
}

const ask = (changes: Partial<Parameters<typeof standingOf>[0]> = {}) =>
  standingOf({
    link,
    story: live(),
    gate: gateStep().gate,
    person: testWorkspace.people.ana,
    appliedBy: 'luis',
    now,
    ...changes,
  });

test.each<[string, Parameters<typeof ask>[0], Standing]>([
  ['open', {}, { is: 'open' }],
  ['held: still open', { story: live({ state: 'held', expiresAt: undefined }) }, { is: 'open' }],
  [
    'escalated to this person',
    { person: testWorkspace.people.eva, story: live({ approvers: ['board'] }) },
    { is: 'open' },
  ],
  ['not reached', { story: { ...live(), view: undefined } }, { is: 'barred', why: 'over' }],
  ['run unknown', { story: { decisions: [] } }, { is: 'barred', why: 'over' }],
  ['another plan', { story: live({}, { planHash: 'cd'.repeat(32) }) }, { is: 'barred', why: 'changed' }],
  ['plan not made yet', { story: live({}, { planHash: '' }) }, { is: 'barred', why: 'changed' }],
  ['person unknown', { person: undefined }, { is: 'barred', why: 'not-allowed' }],
  ['wrong role', { person: testWorkspace.people.eva }, { is: 'barred', why: 'not-allowed' }],
  ['the author', { appliedBy: 'ana' }, { is: 'barred', why: 'not-allowed' }],
  ['gate expired', { story: live({ expiresAt: now.toISOString() }) }, { is: 'barred', why: 'expired' }],
  ['link expired', { link: { ...link, expiresAt: now } }, { is: 'barred', why: 'expired' }],
  ['link replaced', { link: { ...link, state: 'revoked' } }, { is: 'barred', why: 'replaced' }],
  ['link used without a decision', { link: { ...link, state: 'burned' } }, { is: 'barred', why: 'lost' }],
  [
    'waiting for others',
    { story: live({ quorum: 2, decisions: [anas] }) },
    { is: 'decided', decision: anas, missing: 1 },
  ],
  ['somebody else was first of two', { story: live({ quorum: 2, decisions: [beas] }) }, { is: 'open' }],
])('%s', (_what, changes, expected) => {
  expect(ask(changes)).toEqual(expected);
});

test.each<GateState>(['approved', 'rejected', 'expired'])(
  'a gate that is %s tells so to everybody, whatever their link is worth',
  (state) => {
    if (state !== 'approved' && state !== 'rejected' && state !== 'expired') throw new Error(state);
    const story: GateStory = { decisions: [beas], outcome: { outcome: state, at: beas.at } };
    for (const linkState of ['issued', 'burned', 'revoked'] as const)
      for (const person of [testWorkspace.people.ana, undefined])
        expect(ask({ story, person, link: { ...link, state: linkState, expiresAt: new Date(0) } })).toEqual({
          is: 'closed',
          outcome: state,
          at: beas.at,
          last: beas,
        });
  },
);

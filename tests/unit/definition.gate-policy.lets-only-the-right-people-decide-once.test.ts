import fc from 'fast-check';
import { decide, type GateQuestion, outcomeOf, rolesOf } from '../../definition/gate-policy';
import type { GateState } from '../../definition/run-status';

const hash = 'a'.repeat(64);
const now = '2027-04-01T09:00:00.000Z';

function question(change: Partial<GateQuestion> = {}): GateQuestion {
  return {
    gate: {
      approvers: ['marketing'],
      quorum: 1,
      expires: 172_800_000,
      onExpiry: 'reject',
      escalateTo: [],
      allowAuthor: false,
      remindAt: [],
    },
    state: { state: 'open', expiresAt: '2027-04-02T09:00:00.000Z', decisions: [] },
    decision: { gate: 'content', verdict: 'approve', by: 'bruno', roles: ['marketing'], planHash: hash },
    planHash: hash,
    appliedBy: 'luis',
    lastCommitter: 'ana',
    escalated: false,
    now,
    ...change,
  };
}

const with_ = (decision: Partial<GateQuestion['decision']>) => ({ decision: { ...question().decision, ...decision } });
const gateWith = (gate: Partial<GateQuestion['gate']>) => ({ gate: { ...question().gate, ...gate } });
const codeOf = (change: Partial<GateQuestion>) => {
  const answer = decide(question(change));
  return answer.allowed ? 'allowed' : answer.code;
};

test('somebody with the role approves', () => {
  expect(codeOf({})).toBe('allowed');
});

test.each(['approved', 'rejected', 'expired'] satisfies GateState[])('a gate that is %s takes no decision', (state) => {
  expect(codeOf({ state: { state, decisions: [] } })).toBe('not-open');
});

test('a gate that was not reached takes no decision', () => {
  expect(codeOf({ state: undefined })).toBe('not-open');
});

test('at the moment of expiry it is too late; a held gate has no expiry', () => {
  expect(codeOf({ now: '2027-04-02T08:59:59.999Z' })).toBe('allowed');
  expect(codeOf({ now: '2027-04-02T09:00:00.000Z' })).toBe('expired');
  expect(codeOf({ now: '2028-01-01T00:00:00.000Z', state: { ...question().state!, state: 'held' } })).toBe('allowed');
});

test('times are compared as times, not as texts', () => {
  expect(codeOf({ now: '2027-04-02T10:30:00+02:00' })).toBe('allowed');
  expect(codeOf({ now: '2027-04-02T11:00:00+02:00' })).toBe('expired');
});

test('only the hash of this plan, and none before there is a plan', () => {
  expect(codeOf(with_({ planHash: 'b'.repeat(64) }))).toBe('stale-plan');
  expect(codeOf({ planHash: '', ...with_({ planHash: '' }) })).toBe('stale-plan');
});

test('every single changed digit of the hash is refused', () => {
  for (let index = 0; index < hash.length; index++) {
    expect(codeOf(with_({ planHash: `${hash.slice(0, index)}b${hash.slice(index + 1)}` }))).toBe('stale-plan');
  }
});

test('only approvers; those escalated to only once escalated', () => {
  const gate = gateWith({ escalateTo: ['ops'] });
  expect(codeOf(with_({ roles: ['legal'] }))).toBe('wrong-role');
  expect(codeOf(with_({ roles: [] }))).toBe('wrong-role');
  expect(codeOf({ ...gate, ...with_({ roles: ['ops'] }) })).toBe('wrong-role');
  expect(codeOf({ ...gate, ...with_({ roles: ['ops'] }), escalated: true })).toBe('allowed');
  expect(codeOf({ ...gate, escalated: true })).toBe('allowed');
  expect(rolesOf({ approvers: ['a'], escalateTo: ['a', 'b'] }, true)).toEqual(['a', 'b']);
});

test.each(['luis', 'ana'])('%s, who applied or committed, decides only where the gate says so', (by) => {
  expect(codeOf(with_({ by }))).toBe('author');
  expect(codeOf({ ...with_({ by }), ...gateWith({ allowAuthor: true }) })).toBe('allowed');
});

test('nobody decides twice, and not the other way either', () => {
  const state = {
    ...question().state!,
    decisions: [{ by: 'bruno', verdict: 'approve' as const, at: now, via: 'cli' as const }],
  };
  expect(codeOf({ state })).toBe('decided-already');
  expect(codeOf({ state, ...with_({ verdict: 'reject', noteId: 'n1' }) })).toBe('decided-already');
  expect(codeOf({ state, ...with_({ by: 'carla' }) })).toBe('allowed');
});

test('a rejection says why', () => {
  expect(codeOf(with_({ verdict: 'reject' }))).toBe('note-needed');
  expect(codeOf(with_({ verdict: 'reject', noteId: 'n1' }))).toBe('allowed');
});

const people = ['ana', 'bruno', 'carla', 'luis'];
const roles = ['marketing', 'legal', 'ops'];
const questions: fc.Arbitrary<GateQuestion> = fc.record({
  gate: fc.record({
    approvers: fc.uniqueArray(fc.constantFrom(...roles), { minLength: 1 }),
    quorum: fc.integer({ min: 1, max: 3 }),
    expires: fc.constant(1000),
    onExpiry: fc.constantFrom('reject' as const, 'hold' as const, 'escalate' as const),
    escalateTo: fc.uniqueArray(fc.constantFrom(...roles)),
    allowAuthor: fc.boolean(),
    remindAt: fc.constant([]),
  }),
  state: fc.option(
    fc.record({
      state: fc.constantFrom('open', 'approved', 'rejected', 'expired', 'held') as fc.Arbitrary<GateState>,
      expiresAt: fc.option(fc.constantFrom('2027-04-01T08:00:00.000Z', '2027-04-01T10:00:00.000Z'), { nil: undefined }),
      decisions: fc.array(
        fc.record({
          by: fc.constantFrom(...people),
          verdict: fc.constantFrom('approve' as const, 'reject' as const),
          at: fc.constant(now),
          via: fc.constant('cli' as const),
        }),
        { maxLength: 3 },
      ),
    }),
    { nil: undefined },
  ),
  decision: fc.record({
    gate: fc.constant('content'),
    verdict: fc.constantFrom('approve' as const, 'reject' as const),
    by: fc.constantFrom(...people),
    roles: fc.uniqueArray(fc.constantFrom(...roles)),
    planHash: fc.constantFrom(hash, 'b'.repeat(64), ''),
    noteId: fc.option(fc.constant('n1'), { nil: undefined }),
  }),
  planHash: fc.constantFrom(hash, '' as const),
  appliedBy: fc.constantFrom(...people),
  lastCommitter: fc.option(fc.constantFrom(...people), { nil: undefined }),
  escalated: fc.boolean(),
  now: fc.constant(now),
});

test('whatever is allowed keeps every rule at once', () => {
  fc.assert(
    fc.property(questions, (asked) => {
      if (!decide(asked).allowed) return;
      const { gate, state, decision } = asked;
      expect(['open', 'held']).toContain(state?.state);
      expect(decision.planHash).toBe(asked.planHash);
      expect(decision.planHash).toHaveLength(64);
      expect(decision.roles.some((role) => rolesOf(gate, asked.escalated).includes(role))).toBe(true);
      expect(state?.decisions.map(({ by }) => by)).not.toContain(decision.by);
      if (!gate.allowAuthor) expect([asked.appliedBy, asked.lastCommitter]).not.toContain(decision.by);
      if (state?.state === 'open' && state.expiresAt) expect(now < state.expiresAt).toBe(true);
      if (decision.verdict === 'reject') expect(decision.noteId).toBeDefined();
    }),
    { numRuns: 5000 },
  );
});

test('some questions are allowed, some refused for each reason: the property above looks at something', () => {
  const seen = new Set(fc.sample(questions, 5000).map((asked) => codeOf(asked)));
  expect([...seen].sort()).toEqual(
    ['allowed', 'author', 'decided-already', 'expired', 'not-open', 'note-needed', 'stale-plan', 'wrong-role'].sort(),
  );
});

test('the outcome: a rejection rejects, the quorum counts different people', () => {
  const approve = (by: string) => ({ by, verdict: 'approve' as const });
  expect(outcomeOf({ quorum: 1 }, [])).toBe('open');
  expect(outcomeOf({ quorum: 2 }, [approve('ana'), approve('ana')])).toBe('open');
  expect(outcomeOf({ quorum: 2 }, [approve('ana'), approve('bruno')])).toBe('approved');
  expect(outcomeOf({ quorum: 1 }, [approve('ana'), { by: 'bruno', verdict: 'reject' }])).toBe('rejected');
});

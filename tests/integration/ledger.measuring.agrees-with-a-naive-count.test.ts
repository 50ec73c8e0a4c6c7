import fc from 'fast-check';
import type { EventKind, MetricEvent, ResolvedMetric } from '../../definition/resolved-measuring';
import { isMeasurementError } from '../../errors/measurement-error';
import { type Database, openDatabase } from '../../ledger/database';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { type MeasuredArm, many, measureMetric, measureMetrics } from '../../ledger/measuring';
import { countEvents, countRipe, monitorCounts } from '../../ledger/measuring-counts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { registerTestRun } from '../support/ledger-fixture';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 4 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const hourMs = 3600_000;
const start = Date.parse('2026-11-01T00:00:00Z');
/** Half hours, so that events and windows often meet exactly. */
const at = (halfHours: number) => new Date(start + halfHours * (hourMs / 2));

interface Member {
  status: 'sent' | 'held_out' | 'failed' | 'in_doubt' | 'suppressed';
  arm: 'a' | 'b' | null;
  wave: number | null;
  settled: number;
}

interface Happening {
  member: number;
  kind: EventKind;
  when: number;
  /** Which delivery the event itself names. */
  names: 'nothing' | 'this' | 'run' | 'another step' | 'another run';
  cents: number | null;
  currency: 'EUR' | 'USD';
  isBot: boolean;
  id: number;
}

const kinds: EventKind[] = ['bounced', 'complained', 'unsubscribed', 'clicked', 'converted', 'revenue', 'refund'];

const oneMember = fc.record<Member>({
  status: fc.constantFrom('sent', 'sent', 'sent', 'held_out', 'failed', 'in_doubt', 'suppressed'),
  arm: fc.constantFrom('a', 'b', null),
  wave: fc.constantFrom(1, 2, null),
  settled: fc.integer({ min: 0, max: 8 }),
});

const oneHappening = (lastMember: number, lastId: number) =>
  fc.record<Happening>({
    member: fc.nat(lastMember),
    kind: fc.constantFrom(...kinds),
    when: fc.integer({ min: -6, max: 16 }),
    names: fc.constantFrom('nothing', 'nothing', 'this', 'this', 'run', 'another step', 'another run'),
    cents: fc.option(fc.integer({ min: 0, max: 90_000 })),
    currency: fc.nat(10).map((n) => (n === 0 ? 'USD' : 'EUR')),
    isBot: fc.boolean(),
    id: fc.nat(lastId),
  });

const members = fc.array(oneMember, { minLength: 1, maxLength: 12 });
const happenings = fc.array(oneHappening(11, 60), { maxLength: 60 });

const metricEvent = fc.constantFrom<MetricEvent>(
  'bounced',
  'complained',
  'unsubscribed',
  'clicked',
  'converted',
  'revenue',
  'refund',
);

const metric = fc
  .record({
    kind: fc.constantFrom<ResolvedMetric['kind']>('proportion', 'mean', 'ratio', 'rate-limit'),
    events: metricEvent,
    per: metricEvent,
    windowHours: fc.integer({ min: 1, max: 5 }),
    covariateHours: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    cap: fc.option(fc.constantFrom(100, 450), { nil: undefined }),
  })
  .map(
    ({ kind, events, per, windowHours, covariateHours, cap }): ResolvedMetric => ({
      name: 'm',
      role: 'success',
      kind,
      from: { events },
      ...(kind === 'ratio' && { per }),
      window: windowHours * hourMs,
      goodDirection: 'up',
      ...(covariateHours !== undefined && { covariate: covariateHours * hourMs }),
      ...(cap !== undefined &&
        (kind === 'mean' || kind === 'ratio') &&
        (events === 'revenue' || events === 'refund') && { cap: { currency: 'EUR', micros: cap * 1e6 } }),
    }),
  );

const numbered = (list: ResolvedMetric[]) => list.map((each, n) => ({ ...each, name: `m${n}` }));

const world = fc.record({
  members,
  happenings,
  metrics: fc.array(metric, { minLength: 1, maxLength: 3 }).map(numbered),
  now: fc.integer({ min: 0, max: 16 }),
  matured: fc.boolean(),
  sinceWave: fc.constantFrom(undefined, undefined, 2),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** What the documentation says, member by member and event by event. */
function naive(given: World, one: ResolvedMetric): Map<string, MeasuredArm> | 'refused' {
  const { now, matured, sinceWave } = given;
  const events = 'events' in one.from ? one.from.events : 'clicked';
  const seen = new Set<number>();
  const book = given.happenings.filter(({ id, member }) => {
    if (member >= given.members.length || seen.has(id)) return false;
    seen.add(id);
    return true;
  });
  const byMember = new Map<number, Happening[]>();
  for (const each of book) byMember.set(each.member, [...(byMember.get(each.member) ?? []), each]);
  const halves = (ms: number) => ms / (hourMs / 2);
  const isPresence = one.kind === 'proportion' || one.kind === 'rate-limit';
  const kindsOf = (event: MetricEvent): EventKind[] =>
    event !== 'revenue' ? [event] : isPresence ? ['converted', 'revenue'] : ['converted', 'revenue', 'refund'];
  const isMoney = (event: MetricEvent) => !isPresence && (event === 'revenue' || event === 'refund');
  const currencies = new Set<string>();

  const amountOf = (event: MetricEvent, happened: Happening[]): number => {
    const counted = happened.filter(({ kind }) => kindsOf(event).includes(kind));
    if (isPresence) return counted.length > 0 ? 1 : 0;
    if (!isMoney(event)) return counted.length;
    for (const { cents, currency } of counted) if (cents !== null) currencies.add(currency);
    return (
      counted.reduce(
        (sum, { kind, cents }) => sum + (event === 'revenue' && kind === 'refund' ? -1 : 1) * (cents ?? 0),
        0,
      ) / 100
    );
  };
  const capped = (value: number) => {
    const most = one.cap ? one.cap.micros / 1e6 : Number.POSITIVE_INFINITY;
    return Math.max(-most, Math.min(most, value));
  };

  const arms = new Map<string, MeasuredArm>();
  given.members.forEach((member, index) => {
    if (member.settled > now) return;
    if (sinceWave !== undefined && (member.wave ?? 0) < sinceWave) return;
    const happened = (byMember.get(index) ?? []).filter((each) => each.when <= now && !each.isBot);
    const own = ({ names }: Happening) => names === 'this' || names === 'run';
    const before = happened.filter(
      (each) => !own(each) && each.when < member.settled && each.when >= member.settled - halves(one.covariate ?? 0),
    );
    const after = happened.filter(
      (each) =>
        (own(each) || (each.names === 'nothing' && each.when >= member.settled)) &&
        each.when < member.settled + halves(one.window),
    );
    const bouncedOff =
      member.status === 'failed' && events === 'bounced' && after.some(({ kind }) => kind === 'bounced');
    if (member.status !== 'sent' && member.status !== 'held_out' && !bouncedOff) return;
    const name = member.status === 'held_out' ? 'holdout' : (member.arm ?? 'all');
    const hasCovariate = one.kind !== 'ratio' && one.covariate !== undefined;
    const arm = arms.get(name) ?? {
      n: 0,
      sum: 0,
      sumSquares: 0,
      delivered: 0,
      matured: 0,
      withEvents: 0,
      ...(hasCovariate && { covariate: { sum: 0, sumSquares: 0, cross: 0 } }),
      ...(one.kind === 'ratio' && { denominator: { sum: 0, sumSquares: 0, cross: 0 } }),
    };
    arms.set(name, arm);
    const isRipe = member.settled + halves(one.window) <= now;
    if (!bouncedOff) {
      arm.delivered += 1;
      arm.matured += isRipe ? 1 : 0;
    }
    if (!isRipe && matured) return;
    const y = capped(amountOf(events, after));
    arm.n += 1;
    arm.sum += y;
    arm.sumSquares += y * y;
    arm.withEvents += after.some(({ kind }) => kindsOf(events).includes(kind)) ? 1 : 0;
    if (arm.covariate) {
      const x = capped(amountOf(events, before));
      arm.covariate.sum += x;
      arm.covariate.sumSquares += x * x;
      arm.covariate.cross += x * y;
    }
    if (arm.denominator) {
      const d = amountOf(one.per ?? 'clicked', after);
      arm.denominator.sum += d;
      arm.denominator.sumSquares += d * d;
      arm.denominator.cross += d * y;
    }
  });
  if (one.cap) currencies.add(one.cap.currency);
  return currencies.size > 1 ? 'refused' : arms;
}

async function write(given: World): Promise<{ runNo: number }> {
  const { run } = await registerTestRun(database);
  const { run: other } = await registerTestRun(database);
  const { rows } = await database.query<{ id: string }>(
    `insert into contacts (address, address_key, address_hash, domain)
     select 'r' || $1 || 'p' || n || '@example.com', 'r' || $1 || 'p' || n || '@example.com', sha256(('r' || $1 || 'p' || n)::bytea), 'example.com'
       from generate_series(1, $2::int) n returning id`,
    [run.no, given.members.length],
  );
  const contactIds = rows.map(({ id }) => id);
  const columns = <K extends keyof Member>(key: K) => given.members.map((member) => member[key]);
  await database.query(
    `insert into deliveries (run_no, step, seq, contact_id, status, arm, wave, settled_at, claimed_at)
     select $1, 'offer', n, contact_id, status, arm, wave, settled_at, settled_at
       from unnest($2::bigint[], $3::text[], $4::text[], $5::int[], $6::timestamptz[]) with ordinality as m(contact_id, status, arm, wave, settled_at, n)`,
    [run.no, contactIds, columns('status'), columns('arm'), columns('wave'), columns('settled').map(at)],
  );
  await database.query(
    `insert into delivery_tallies (run_no, step, arm, slot, sent)
     select $1, 'offer', coalesce(arm, 'all'), seq % 3, count(*) from deliveries where run_no = $1 and status = 'sent' group by 3, 4`,
    [run.no],
  );
  const events = given.happenings.flatMap((each): NewEvent[] => {
    const contactId = contactIds[each.member];
    if (contactId === undefined) return [];
    const step = each.names === 'another step' ? 'reminder' : 'offer';
    const runNo = each.names === 'another run' ? other.no : run.no;
    return [
      {
        source: 'test',
        id: `${run.no}-${each.id}`,
        kind: each.kind,
        about: { contactId },
        ...(each.names !== 'nothing' && {
          delivery: {
            runNo,
            ...(each.names !== 'run' && { step }),
            ...(each.names === 'this' && { seq: each.member + 1 }),
          },
        }),
        occurredAt: at(each.when),
        ...(each.cents !== null && { amount: { micros: BigInt(each.cents) * 10_000n, currency: each.currency } }),
        isBot: each.isBot,
      },
    ];
  });
  const half = Math.floor(events.length / 2);
  const recorded = [
    await recordEvents(database, events.slice(0, half)),
    await recordEvents(database, events.slice(half)),
  ];
  const distinct = new Set(events.map(({ id }) => id)).size;
  expect(recorded.reduce((sum, { added }) => sum + added, 0)).toBe(distinct);
  expect(recorded.reduce((sum, { added, repeated }) => sum + added + repeated, 0)).toBe(events.length);
  return { runNo: run.no };
}

function expectArm(measured: MeasuredArm | undefined, expected: MeasuredArm): void {
  const close = (given: Record<string, number> | undefined) =>
    given && Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Number(value.toFixed(4)) + 0]));
  const flat = (arm: MeasuredArm | undefined) => {
    if (!arm) return undefined;
    const { covariate, denominator, ...sums } = arm;
    return { ...close(sums), covariate: close({ ...covariate }), denominator: close({ ...denominator }) };
  };
  expect(flat(measured)).toEqual(flat(expected));
}

const counts = (arm: MeasuredArm | undefined) => (arm?.n ?? 0) > 0 || (arm?.delivered ?? 0) > 0;

const runs = { numRuns: Number(process.env.VOLANTE_PROPERTY_RUNS ?? 150) };

test('any members, arms, waves, windows, refunds, repetitions, robots and futures', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { runNo } = await write(given);
      const request = { runNo, step: 'offer', now: at(given.now), matured: given.matured, sinceWave: given.sinceWave };
      const expected = given.metrics.map((one) => naive(given, one));
      if (expected.includes('refused')) {
        const refusal = await measureMetrics(database, { ...request, metrics: given.metrics }).catch(
          (error: unknown) => error,
        );
        expect(isMeasurementError(refusal) && refusal.message).toMatch(/USD/);
        return;
      }
      const measured = await measureMetrics(database, { ...request, metrics: given.metrics });
      for (const [index, one] of given.metrics.entries()) {
        const all = expected[index];
        if (all === 'refused' || all === undefined) throw new Error('cannot be');
        // An arm in which nothing is counted yet may be there with zeros, or not be there.
        const arms = [...all].filter(([, arm]) => counts(arm));
        const found = measured.get(one.name);
        const armNames = Object.keys(found?.arms ?? {}).filter((name) => counts(found?.arms[name]));
        expect(armNames.sort()).toEqual(arms.map(([name]) => name).sort());
        for (const [name, arm] of arms) expectArm(found?.arms[name], arm);
        expect(await measureMetric(database, { ...request, metric: one })).toEqual(found);
      }
    }),
    runs,
  );
});

/** Events by the rules of attribution, people's only, of members whom the message reached. */
function attributed(given: World, of: EventKind[], windowMs: number): Happening[] {
  const seen = new Set<number>();
  return given.happenings.filter(({ id, member: index, kind, when, names }) => {
    const member = given.members[index];
    if (!member || seen.has(id)) return false;
    seen.add(id);
    if (!of.includes(kind) || when > given.now || member.settled > given.now) return false;
    const own = names === 'this' || names === 'run';
    const counts =
      (own && (member.status === 'sent' || (member.status === 'failed' && kind === 'bounced'))) ||
      (names === 'nothing' && member.status === 'sent' && when >= member.settled);
    return counts && when < member.settled + windowMs / (hourMs / 2);
  });
}

test('counts: what is ripe, when the rest will be, how many events count', async () => {
  await fc.assert(
    fc.asyncProperty(
      world,
      metricEvent,
      fc.integer({ min: 1, max: 5 }),
      fc.nat(12),
      async (given, events, hours, wanted) => {
        const { runNo } = await write(given);
        const windowMs = hours * hourMs;
        const { sinceWave } = given;
        const reached = given.members
          .filter(
            ({ status, settled, wave }) => status === 'sent' && settled <= given.now && (wave ?? 0) >= (sinceWave ?? 0),
          )
          .map(({ settled }) => settled + hours * 2)
          .sort((a, b) => a - b);
        const ahead = reached.filter((ripe) => ripe > given.now);
        const moment = (halfHours: number | undefined) => (halfHours === undefined ? undefined : at(halfHours));
        const wantedAt = reached[wanted - 1];
        expect(
          await countRipe(database, { runNo, step: 'offer', windowMs, now: at(given.now), sinceWave, wanted }),
        ).toEqual({
          delivered: reached.length,
          matured: reached.length - ahead.length,
          nextMaturesAt: moment(ahead[0]),
          lastMaturesAt: moment(ahead.at(-1)),
          wantedMaturesAt: wantedAt !== undefined && wantedAt > given.now ? at(wantedAt) : undefined,
        });
        const counted = attributed(given, events === 'revenue' ? ['converted', 'revenue'] : [events], windowMs);
        expect(await countEvents(database, { runNo, step: 'offer', events, windowMs, now: at(given.now) })).toEqual({
          events: counted.filter(({ isBot }) => !isBot).length,
          bots: counted.filter(({ isBot }) => isBot).length,
        });
      },
    ),
    runs,
  );
});

test('monitors: members with complaints, bounces and opt-outs per arm beside what was sent', async () => {
  await fc.assert(
    fc.asyncProperty(world, async (given) => {
      const { runNo } = await write(given);
      const watched: EventKind[] = ['complained', 'bounced', 'unsubscribed'];
      const counts = await monitorCounts(database, { runNo, step: 'offer', kinds: watched, now: at(given.now) });
      const arms = new Set(given.members.filter(({ status }) => status === 'sent').map(({ arm }) => arm ?? 'all'));
      const settledByNow = {
        ...given,
        members: given.members.map((each) => ({ ...each, settled: Math.min(each.settled, given.now) })),
      };
      for (const kind of watched) {
        const hit = new Set(
          attributed(settledByNow, [kind], 1_000 * hourMs)
            .filter(
              ({ isBot, names, when, member }) =>
                !isBot && (names !== 'nothing' || when >= (given.members[member]?.settled ?? 0)),
            )
            .map(({ member }) => member),
        );
        const membersOf = (arm: string, status: string) =>
          [...hit].filter(
            (index) => (given.members[index]?.arm ?? 'all') === arm && given.members[index]?.status === status,
          ).length;
        const expected: Record<string, { n: number; members: number }> = {};
        for (const arm of new Set([...arms, ...[...hit].map((index) => given.members[index]?.arm ?? 'all')])) {
          const sent = given.members.filter((each) => each.status === 'sent' && (each.arm ?? 'all') === arm).length;
          const refused = membersOf(arm, 'failed');
          expected[arm] = { n: sent + refused, members: membersOf(arm, 'sent') + refused };
        }
        expect(counts[kind]).toEqual(expected);
      }
    }),
    runs,
  );
});

test('many members are measured in parts, and agree just the same', async () => {
  const [sample] = fc.sample(
    fc.record({
      members: fc.array(oneMember, { minLength: many + 500, maxLength: many + 500, size: 'max' }),
      happenings: fc.array(oneHappening(many + 499, 20_000), { minLength: 9_000, maxLength: 9_000, size: 'max' }),
      metrics: fc.array(metric, { minLength: 3, maxLength: 3 }).map(numbered),
    }),
    { numRuns: 1, seed: 7 },
  );
  if (!sample) throw new Error('no sample');
  const given: World = {
    ...sample,
    happenings: sample.happenings.map((each) => ({ ...each, currency: 'EUR' })),
    now: 12,
    matured: true,
    sinceWave: undefined,
  };
  const { runNo } = await write(given);
  const measured = await measureMetrics(database, { runNo, step: 'offer', now: at(12), metrics: given.metrics });
  for (const one of given.metrics) {
    const arms = naive(given, one);
    if (arms === 'refused') throw new Error('only euros');
    expect(Object.keys(measured.get(one.name)?.arms ?? {}).sort()).toEqual([...arms.keys()].sort());
    for (const [name, arm] of arms) expectArm(measured.get(one.name)?.arms[name], arm);
  }
});

test('waves: each with the shares its arms were drawn with; an epoch leaves the others out', async () => {
  const one: ResolvedMetric = {
    name: 'click',
    role: 'success',
    kind: 'proportion',
    from: { events: 'clicked' },
    window: hourMs,
    goodDirection: 'up',
  };
  const row = (arm: Member['arm'], wave: number, status: Member['status'] = 'sent'): Member => ({
    arm,
    wave,
    status,
    settled: 0,
  });
  const click = (member: number): Happening => ({
    member,
    kind: 'clicked',
    when: 1,
    names: 'this',
    cents: null,
    currency: 'EUR',
    isBot: false,
    id: member,
  });
  const given: World = {
    members: [row('a', 1), row('b', 1), row('a', 2), row('a', 2), row(null, 2, 'held_out')],
    happenings: [click(1), click(2)],
    metrics: [one],
    now: 4,
    matured: true,
    sinceWave: undefined,
  };
  const { runNo } = await write(given);
  await database.query(
    `insert into waves (run_no, step, wave, from_seq, to_seq, salt, weights, epoch, released_at)
     values ($1, 'offer', 1, 1, 2, 's', '{"a": 0.5, "b": 0.5}', 'one', $2), ($1, 'offer', 2, 3, 5, 's', '{"a": 0.9, "b": 0.1}', 'two', $2)`,
    [runNo, at(0)],
  );
  const request = { runNo, step: 'offer', now: at(4), metric: one };
  const { arms, waves } = await measureMetric(database, request);
  expect(waves.map(({ wave, propensity, arms: of }) => [wave, propensity, Object.keys(of).sort()])).toEqual([
    ['1', { a: 0.5, b: 0.5 }, ['a', 'b']],
    ['2', { a: 0.9, b: 0.1 }, ['a', 'holdout']],
  ]);
  expect(waves.map(({ arms: of }) => [of.a?.n, of.a?.sum])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(Object.fromEntries(Object.entries(arms).map(([arm, { n, sum }]) => [arm, [n, sum]]))).toEqual({
    a: [3, 1],
    b: [1, 1],
    holdout: [1, 0],
  });
  const second = await measureMetric(database, { ...request, epoch: 'two' });
  expect(Object.fromEntries(Object.entries(second.arms).map(([arm, { n, sum }]) => [arm, [n, sum]]))).toEqual({
    a: [2, 1],
    holdout: [1, 0],
  });
});

test.each<[string, Partial<ResolvedMetric>]>([
  ['comes from elsewhere', { from: { source: 'warehouse' } }],
  ['is a ratio of nothing', { kind: 'ratio' }],
  ['caps clicks with money', { kind: 'mean', cap: { currency: 'EUR', micros: 1 } }],
])('a metric that %s is an error, not a zero', async (_what, fields) => {
  const one: ResolvedMetric = {
    name: 'odd',
    role: 'success',
    kind: 'proportion',
    from: { events: 'clicked' },
    window: hourMs,
    goodDirection: 'up',
    ...fields,
  };
  const refusal = await measureMetric(database, { runNo: 1, step: 'offer', now: at(0), metric: one }).catch(
    (error: unknown) => error,
  );
  expect(isMeasurementError(refusal) && refusal.message).toContain('metric odd');
});

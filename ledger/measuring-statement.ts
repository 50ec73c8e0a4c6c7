/**
 * One statement that measures several metrics of a delivery step. Members that nothing happened to are only counted; the
 * sums run over members joined with their events.
 */
import type { BookMetric, Term } from './metric-terms';

/** Of one arm in one wave; for metric number i the columns end in i. `s` y, `x` covariate, `d` denominator. */
export interface MeasuredRow {
  arm: string;
  /** 0: not released in waves. */
  wave: number;
  delivered: number;
  [column: `${'n' | 'matured'}${number}`]: number;
  /** null: none of them had any event. */
  [sum: `${'bounced' | 'with' | 's' | 'ss' | 'x' | 'xx' | 'xy' | 'd' | 'dd' | 'dy'}${number}`]: number | null;
  [currency: `currency${'From' | 'To'}${number}`]: string | null;
}

/** Adds a value to a statement, and names it. */
export type Parameter = (value: unknown, type: string) => string;

/** Whom a metric is measured over. */
export interface Population {
  /** Selects `key`, `settled_at` (from when on events count), `arm`, `wave`, `failed` of those whom `part` holds for; one row a member. */
  members(given: { parameter: Parameter; now: string; part: string }): string;
  /** Which column of `events` names the member, and a number made of it, even for half of the members. */
  key: 'contact_id' | 'unit';
  number: string;
  /** Condition upon events: they name this very delivery. */
  own(parameter: Parameter): string;
}

export interface StatementRequest {
  population: Population;
  now: Date;
  /** false: mature or not. */
  matured?: boolean;
  metrics: readonly BookMetric[];
}

/** A statement measures one half of the members, so that two of them make use of two processors. */
export const halves = [0, 1] as const;

/**
 * An event belongs to a delivery when it names that delivery, however early (an answer may overtake the settling), or when
 * it names none and happened within [settled, settled + window). What names another delivery does not. The covariate is what
 * happened within [settled - span, settled), whichever message it came from.
 */
export function measureStatement(
  request: StatementRequest,
  half: (typeof halves)[number],
): { text: string; values: unknown[] } {
  const { metrics, population } = request;
  const values: unknown[] = [];
  const parameter: Parameter = (value, type) => `$${values.push(value)}::${type}`;
  const span = (milliseconds: number) => parameter(`${milliseconds} milliseconds`, 'interval');
  const now = parameter(request.now, 'timestamptz');
  const longest = span(Math.max(...metrics.map(({ windowMs }) => windowMs)));
  const earliest = span(Math.max(0, ...metrics.map(({ covariateMs }) => covariateMs ?? 0)));
  const isMeasured = request.matured === false ? () => 'true' : undefined;
  const columns = metrics.map((metric, index) => metricColumns(metric, { index, now, isMeasured, span, parameter }));
  const { key } = population;
  const part = `(${population.number}) & 1 = ${half}`;
  const members = population.members({ parameter, now, part });
  const own = population.own(parameter);
  const kindsOf = (those: readonly BookMetric[]) =>
    parameter(
      [
        ...new Set(
          those.flatMap(({ value, denominator }) => [value, denominator ?? value].flatMap(({ kinds }) => kinds)),
        ),
      ],
      'event_kind[]',
    );
  const kinds = kindsOf(metrics);
  const kindsOfCovariates = kindsOf(metrics.filter(({ covariateMs }) => covariateMs !== undefined));
  const text = `
    with counts as (
      select arm, wave, count(*) filter (where not failed)::int as delivered, ${list(columns, 'counted')}
        from (${members}) m group by arm, wave
    ),
    per_member as (
      select any_value(m.arm) as arm, any_value(m.wave) as wave, any_value(m.failed) as failed,
             any_value(m.settled_at) as settled_at, ${list(columns, 'perMember')}
        from (${members}) m
        join (select *, ${own} as own from events
               where kind = any(${kinds}) and not is_bot and occurred_at <= ${now} and ${key} is not null and ${part}
                 and (run_no is null or ${own} or kind = any(${kindsOfCovariates}))) e
          on e.${key} = m.key
       where e.occurred_at < m.settled_at + ${longest} and (e.occurred_at >= m.settled_at - ${earliest} or e.own)
       group by m.key
    ),
    sums as (
      select arm, wave, ${list(columns, 'summed')}
        from (select arm, wave, failed, settled_at, ${list(columns, 'clamped')} from per_member) p
       group by arm, wave
    )
    select counts.*, ${list(columns, 'selected')}
      from counts left join sums using (arm, wave) order by wave, arm`;
  return { text, values };
}

interface Columns {
  counted: string;
  perMember: string;
  clamped: string;
  summed: string;
  selected: string;
}

function metricColumns(
  metric: BookMetric,
  given: {
    index: number;
    now: string;
    isMeasured?: () => string;
    span: (milliseconds: number) => string;
    parameter: Parameter;
  },
): Columns {
  const { index: i, now, span, parameter } = given;
  const window = span(metric.windowMs);
  const mature = `settled_at + ${window} <= ${now}`;
  const measured = given.isMeasured?.() ?? mature;
  const after = `(e.own or (e.run_no is null and e.occurred_at >= m.settled_at)) and e.occurred_at < m.settled_at + ${window}`;
  const { covariateMs, value, denominator, cap } = metric;
  const before =
    covariateMs === undefined
      ? undefined
      : `not e.own and e.occurred_at < m.settled_at and e.occurred_at >= m.settled_at - ${span(covariateMs)}`;
  const limit = cap && parameter(cap.micros, 'float8');
  const inUnits = (term: Term, name: string) => {
    if (term.of !== 'money') return name;
    return `${limit === undefined ? name : `greatest(-${limit}, least(${limit}, ${name}))`} / 1e6`;
  };
  const who = countsBounces(metric) ? `(not failed or v${i} > 0)` : 'not failed';
  const those = `filter (where ${who} and ${measured})`;
  const total = (expression: string) => `coalesce(sum(${expression}) ${those}, 0)::float8`;

  const perMember = [`${termOf(value, after)} as v${i}`];
  const clamped = [`${inUnits(value, `v${i}`)} as v${i}`];
  const summed = [
    `count(*) filter (where ${who} and ${measured} and ${value.of === 'money' ? 'e' : 'v'}${i} > 0)::int as with${i}`,
    `${total(`v${i}`)} as s${i}, ${total(`v${i} * v${i}`)} as ss${i}`,
  ];
  const selected = [`with${i}`, `s${i}`, `ss${i}`];
  if (countsBounces(metric)) {
    summed.push(`count(*) filter (where failed and v${i} > 0 and ${measured})::int as bounced${i}`);
    selected.push(`bounced${i}`);
  }
  if (value.of === 'money') {
    perMember.push(`count(*) filter (where ${kindIn(value)} and ${after}) as e${i}`);
    clamped.push(`e${i}`);
  }
  if (before !== undefined) {
    perMember.push(`${termOf(value, before)} as x${i}`);
    clamped.push(`${inUnits(value, `x${i}`)} as x${i}`);
    summed.push(`${total(`x${i}`)} as x${i}, ${total(`x${i} * x${i}`)} as xx${i}, ${total(`x${i} * v${i}`)} as xy${i}`);
    selected.push(`x${i}`, `xx${i}`, `xy${i}`);
  }
  if (denominator !== undefined) {
    perMember.push(`${termOf(denominator, after)} as d${i}`);
    clamped.push(`${denominator.of === 'money' ? `d${i} / 1e6` : `d${i}`} as d${i}`);
    summed.push(`${total(`d${i}`)} as d${i}, ${total(`d${i} * d${i}`)} as dd${i}, ${total(`d${i} * v${i}`)} as dy${i}`);
    selected.push(`d${i}`, `dd${i}`, `dy${i}`);
  }
  const money = [value, denominator].flatMap((term) => (term?.of === 'money' ? term.kinds : []));
  if (money.length > 0) {
    const counted = `filter (where e.currency is not null and ${kindIn({ kinds: money })} and (${[after, ...(before ? [before] : [])].map((each) => `(${each})`).join(' or ')}))`;
    perMember.push(`min(e.currency collate "C") ${counted} as c${i}, max(e.currency collate "C") ${counted} as k${i}`);
    clamped.push(`c${i}`, `k${i}`);
    summed.push(`min(c${i}) ${those} as "currencyFrom${i}", max(k${i}) ${those} as "currencyTo${i}"`);
    selected.push(`"currencyFrom${i}"`, `"currencyTo${i}"`);
  }
  return {
    counted: `count(*) filter (where not failed and ${mature})::int as matured${i}, count(*) filter (where not failed and ${measured})::int as n${i}`,
    perMember: perMember.join(', '),
    clamped: clamped.join(', '),
    summed: summed.join(', '),
    selected: selected.join(', '),
  };
}

/** A message that was refused for good was never sent; whoever counts bounces counts its member all the same. */
export function countsBounces({ value }: BookMetric): boolean {
  return value.kinds.includes('bounced');
}

function termOf(term: Term, when: string): string {
  const where = `filter (where ${kindIn(term)} and ${when})`;
  if (term.of === 'presence') return `(count(*) ${where} > 0)::int::float8`;
  if (term.of === 'count') return `(count(*) ${where})::float8`;
  const amount =
    term.kinds.length > 1
      ? `case e.kind when 'refund' then -e.amount_micros else e.amount_micros end`
      : 'e.amount_micros';
  return `coalesce(sum((${amount})::float8) ${where}, 0)`;
}

/** Kinds are words of ours, never anybody's input. */
function kindIn({ kinds }: Pick<Term, 'kinds'>): string {
  return kinds.length === 1 ? `e.kind = '${kinds[0]}'` : `e.kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
}

function list(columns: readonly Columns[], part: keyof Columns): string {
  return columns.map((each) => each[part]).join(', ');
}

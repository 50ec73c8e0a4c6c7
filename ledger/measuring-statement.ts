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
  /** Which column of `events` names the member. */
  key: 'contact_id' | 'unit';
  /** Conditions upon the key that cut many members into parts measured side by side; `true` alone for few. */
  parts: string[];
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

/**
 * An event belongs to a delivery when it names that delivery, however early (an answer may overtake the settling), or when
 * it names none and happened within [settled, settled + window). What names another delivery does not. The covariate is what
 * happened within [settled - span, settled), whichever message it came from.
 */
export function measureStatement(request: StatementRequest, part: string): { text: string; values: unknown[] } {
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
  const fence = population.parts.length > 1 ? `order by ${key} offset 0` : '';
  const text = `
    with members as materialized (${members}),
    counts as (
      select arm, wave, count(*) filter (where not failed)::int as delivered, ${list(columns, 'counted')},
             min(settled_at) as first_settled, max(settled_at) as last_settled
        from members group by arm, wave
    ),
    happened as (
      select m.key, m.arm, m.wave, m.failed, m.settled_at, ${list(columns, 'happened')}
        from members m
        join (select ${key}, kind, occurred_at, amount_micros, currency, run_no is not null as named, ${own} as own from events
               where ${part} and ${key} is not null and not is_bot and kind = any(${kinds}) and occurred_at <= ${now}
                 and occurred_at < (select max(last_settled) + ${longest} from counts)
                 and (occurred_at >= (select min(first_settled) - ${earliest} from counts) or ${own})
                 and (run_no is null or ${own} or kind = any(${kindsOfCovariates})) ${fence}) e
          on e.${key} = m.key
       where e.occurred_at < m.settled_at + ${longest} and (e.occurred_at >= m.settled_at - ${earliest} or e.own)
       order by m.key offset 0
    ),
    per_member as (
      select any_value(arm) as arm, any_value(wave) as wave, any_value(failed) as failed, any_value(settled_at) as settled_at,
             ${list(columns, 'perMember')}
        from happened group by key
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

/** What a metric adds to each stage of the statement. */
interface Columns {
  counted: string;
  /** What one event counts, null when it does not. */
  happened: string;
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
  const { covariateMs, value, denominator, cap } = metric;
  const window = span(metric.windowMs);
  const mature = `settled_at + ${window} <= ${now}`;
  const measured = given.isMeasured?.() ?? mature;
  const after = `(e.own or (not e.named and e.occurred_at >= m.settled_at)) and e.occurred_at < m.settled_at + ${window}`;
  const before =
    covariateMs === undefined
      ? undefined
      : `not e.own and e.occurred_at < m.settled_at and e.occurred_at >= m.settled_at - ${span(covariateMs)}`;
  const limit = cap && parameter(cap.micros, 'float8');
  const those = `filter (where ${countsBounces(metric) ? `(not failed or v${i} > 0)` : 'not failed'} and ${measured})`;
  const total = (expression: string) => `coalesce(sum(${expression}) ${those}, 0)::float8`;
  const columns = new ColumnList();

  columns.counted.push(
    `count(*) filter (where not failed and ${mature})::int as matured${i}`,
    `count(*) filter (where not failed and ${measured})::int as n${i}`,
  );
  const term = (name: string, of: Term, when: string, most = limit) => {
    columns.happened.push(`case when ${kindIn(of)} and ${when} then ${amountOf(of)} end as ${name}`);
    columns.perMember.push(`${combined(of, name)} as ${name}`);
    columns.clamped.push(`${of.of === 'money' ? inUnits(name, most) : name} as ${name}`);
  };
  term(`v${i}`, value, after);
  columns.perMember.push(`count(v${i}) as e${i}`);
  columns.clamped.push(`e${i}`);
  columns.sum(`with${i}`, `(count(*) ${those.replace('(where ', `(where e${i} > 0 and `)})::int`);
  columns.sum(`s${i}`, total(`v${i}`));
  columns.sum(`ss${i}`, total(`v${i} * v${i}`));
  if (countsBounces(metric))
    columns.sum(`bounced${i}`, `count(*) filter (where failed and v${i} > 0 and ${measured})::int`);
  if (before !== undefined) {
    term(`x${i}`, value, before);
    columns.sum(`x${i}`, total(`x${i}`));
    columns.sum(`xx${i}`, total(`x${i} * x${i}`));
    columns.sum(`xy${i}`, total(`x${i} * v${i}`));
  }
  if (denominator !== undefined) {
    term(`d${i}`, denominator, after, undefined);
    columns.sum(`d${i}`, total(`d${i}`));
    columns.sum(`dd${i}`, total(`d${i} * d${i}`));
    columns.sum(`dy${i}`, total(`d${i} * v${i}`));
  }
  const money = [value, denominator].flatMap((each) => (each?.of === 'money' ? each.kinds : []));
  if (money.length > 0) {
    const counts = before === undefined ? after : `(${after} or ${before})`;
    columns.happened.push(
      `case when ${kindIn({ kinds: money })} and ${counts} then e.currency collate "C" end as c${i}`,
    );
    columns.perMember.push(`min(c${i}) as c${i}`, `max(c${i}) as k${i}`);
    columns.clamped.push(`c${i}`, `k${i}`);
    columns.sum(`"currencyFrom${i}"`, `min(c${i}) ${those}`);
    columns.sum(`"currencyTo${i}"`, `max(k${i}) ${those}`);
  }
  return columns.joined();
}

class ColumnList {
  readonly counted: string[] = [];
  readonly happened: string[] = [];
  readonly perMember: string[] = [];
  readonly clamped: string[] = [];
  private readonly summed: string[] = [];
  private readonly selected: string[] = [];

  sum(name: string, expression: string): void {
    this.summed.push(`${expression} as ${name}`);
    this.selected.push(name);
  }

  joined(): Columns {
    const { counted, happened, perMember, clamped, summed, selected } = this;
    const join = (each: string[]) => each.join(', ');
    return {
      counted: join(counted),
      happened: join(happened),
      perMember: join(perMember),
      clamped: join(clamped),
      summed: join(summed),
      selected: join(selected),
    };
  }
}

/** A message that was refused for good was never sent; whoever counts bounces counts its member all the same. */
export function countsBounces({ value }: BookMetric): boolean {
  return value.kinds.includes('bounced');
}

function amountOf({ of, kinds }: Term): string {
  if (of !== 'money') return '1';
  const amount = 'coalesce(e.amount_micros, 0)::float8';
  return kinds.length > 1 ? `case e.kind when 'refund' then -${amount} else ${amount} end` : amount;
}

function combined({ of }: Term, name: string): string {
  if (of === 'presence') return `(count(${name}) > 0)::int::float8`;
  return of === 'count' ? `count(${name})::float8` : `coalesce(sum(${name}), 0)`;
}

function inUnits(micros: string, most: string | undefined): string {
  return `${most === undefined ? micros : `greatest(-${most}, least(${most}, ${micros}))`} / 1e6`;
}

/** Kinds are words of ours, never anybody's input. */
function kindIn({ kinds }: Pick<Term, 'kinds'>): string {
  return kinds.length === 1 ? `e.kind = '${kinds[0]}'` : `e.kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})`;
}

function list(columns: readonly Columns[], part: keyof Columns): string {
  return columns.map((each) => each[part]).join(', ');
}

/** A report in words of one language: what text and HTML both show, so that they never differ in what they say. */

import type { JourneyCounts } from '../definition/journey-counts';
import type { Instant, Money } from '../definition/resolved';
import type { Books } from '../definition/run-status';
import { type Language, type MessageKey, translator } from '../i18n/catalogue';
import { formatCount, formatDuration, formatMoment, formatMoney, formatShare } from '../i18n/format';
import { programView } from './program-view';
import type {
  DecisionReport,
  MoneyReport,
  PromotionReport,
  Rate,
  RefusalReport,
  RunReport,
  StepReport,
  TimelineEntry,
} from './run-report';

export interface LabelledValue {
  label: string;
  value: string;
}

export interface Table {
  head: string[];
  rows: string[][];
}

/** A chart's points with the table that says the same. */
export interface Bars {
  title: string;
  points: { label: string; value: number; shown: string }[];
  table: Table;
}

export interface StepView {
  title: string;
  isBalanced: boolean;
  balance: string;
  books: Bars;
  rates: LabelledValue[];
  arms: Table;
  refusals?: Table;
  overTime?: Bars;
  zones: Bars;
}

/** A part of the report that is one table. */
export interface TableView {
  title: string;
  lines: string[];
  table: Table;
}

export interface ReportView {
  language: Language;
  title: string;
  campaign: string;
  phase: string;
  /** What nobody may overlook. */
  alerts: string[];
  facts: LabelledValue[];
  steps: StepView[];
  promotions?: TableView;
  money?: TableView;
  program?: TableView;
  decisions: { line: string; via: string; note?: string }[];
  timeline: { at: string; what: string }[];
  audit?: string;
  headings: Record<
    'summary' | 'books' | 'rates' | 'arms' | 'refusals' | 'numbers' | 'decisions' | 'none' | 'timeline' | 'at' | 'what',
    string
  >;
}

export function viewReport(report: RunReport, language: Language): ReportView {
  return new Viewer(report, language).view();
}

const places = [
  'sent',
  'heldOut',
  'suppressed',
  'unconsented',
  'capped',
  'late',
  'invalid',
  'failed',
  'inDoubt',
  'cancelled',
  'open',
] as const satisfies readonly (keyof Books)[];

class Viewer {
  private readonly say: ReturnType<typeof translator>;
  /** Day and time to the second: what the timeline tells apart. */
  private readonly time: Intl.DateTimeFormat;

  constructor(
    private readonly report: RunReport,
    private readonly language: Language,
  ) {
    this.say = translator(language);
    this.time = new Intl.DateTimeFormat(localeOf(language), {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZone: report.timeZone,
    });
  }

  view(): ReportView {
    const { campaign, phase, steps, promotions, money, program, decisions, timeline, audit } = this.report;
    return {
      language: this.language,
      title: this.say('report.title', { campaign: campaign.name }),
      campaign: campaign.name,
      phase: this.say(`report.phase.${phase}`),
      alerts: this.alerts(),
      facts: this.facts(),
      steps: steps.map((step) => this.step(step)),
      ...(promotions && { promotions: this.promotions(promotions) }),
      ...(money && { money: this.moneyTable(money) }),
      ...(program && { program: programView(program, this.language) }),
      decisions: decisions.map((decision) => this.decision(decision)),
      timeline: timeline.map((entry) => this.event(entry)),
      ...(audit.brokenAt === undefined && { audit: this.say('report.audit.whole', { facts: audit.facts }) }),
      headings: {
        summary: this.say('report.summary'),
        books: this.say('report.books'),
        rates: this.say('report.rates'),
        arms: this.say('report.arms'),
        refusals: this.say('report.refusals'),
        numbers: this.say('report.numbers'),
        decisions: this.say('report.decisions'),
        none: this.say('report.decisions.none'),
        timeline: this.say('report.timeline', { zone: this.report.timeZone }),
        at: this.say('report.timeline.at'),
        what: this.say('report.timeline.what'),
      },
    };
  }

  private alerts(): string[] {
    const { steps, campaign, audit } = this.report;
    const unbalanced = steps.filter(({ balance }) => balance === 'unbalanced').map(({ step }) => step);
    const inDoubt = steps.reduce((sum, { books }) => sum + books.inDoubt, 0);
    return [
      ...(unbalanced.length > 0 ? [this.say('report.alert.unbalanced', { steps: unbalanced.join(', ') })] : []),
      ...(audit.brokenAt === undefined ? [] : [this.say('report.alert.audit', { fact: audit.brokenAt })]),
      ...(inDoubt > 0
        ? [this.say('report.alert.doubt', { count: inDoubt, command: `volante reconcile ${campaign.id}` })]
        : []),
    ];
  }

  private facts(): LabelledValue[] {
    const { runId, campaign, environment, revision, gitCommit, planHash, appliedBy, appliedAt } = this.report;
    const { finishedAt, members, audience, cost, journeys } = this.report;
    const shown: [MessageKey, string | undefined][] = [
      ['report.fact.run', runId],
      ['report.fact.environment', environment],
      ['report.fact.owner', campaign.owner],
      ['fact.revision', revision.slice(0, 12)],
      ['fact.commit', gitCommit?.slice(0, 12)],
      ['fact.plan', planHash?.slice(0, 12)],
      ['report.fact.applied', this.say('report.fact.applied.text', { who: appliedBy, at: this.moment(appliedAt) })],
      ['report.fact.finished', finishedAt ? this.moment(finishedAt) : this.say('report.fact.unfinished')],
      ['report.fact.people', members === undefined ? undefined : this.count(members)],
      ...(journeys ? this.journeys(journeys) : []),
      ['report.fact.reached', this.rate({ count: audience.reached, of: members ?? 0 })],
      ['report.fact.optedOut', this.rate({ count: audience.optedOut, of: audience.reached })],
      ['report.fact.bounced', this.count(audience.bounced)],
      ['report.fact.costAtMost', this.money(cost.atMost)],
      ['report.fact.costSpent', cost.spent ? this.money(cost.spent) : this.say('report.fact.costUnknown')],
    ];
    return shown.flatMap(([key, value]) => (value === undefined ? [] : [{ label: this.say(key), value }]));
  }

  /** Journeys in words; nothing where there is nothing to count. */
  private journeys({
    started,
    running,
    held,
    ended,
    exits,
    declined,
  }: JourneyCounts): [MessageKey, string | undefined][] {
    const words = (entries: string[]) => (entries.length === 0 ? undefined : entries.join(' · '));
    const outcomes = Object.keys(ended) as (keyof typeof ended)[];
    const reasons = Object.keys(declined) as (keyof typeof declined)[];
    return [
      ['report.fact.journeys', this.say('report.fact.journeys.text', { started, running, held })],
      [
        'report.fact.journeysEnded',
        words(outcomes.map((each) => `${this.count(ended[each] ?? 0)} ${this.say(`report.journey.${each}`)}`)),
      ],
      ['report.fact.exits', words(Object.entries(exits).map(([name, count]) => `${name}: ${this.count(count)}`))],
      [
        'report.fact.declined',
        words(reasons.map((each) => `${this.count(declined[each] ?? 0)} ${this.say(`report.declined.${each}`)}`)),
      ],
    ];
  }

  private step({ step, balance, books, rates, arms, refusals, overTime, timeZones }: StepReport): StepView {
    return {
      title: this.say('report.step', { step }),
      isBalanced: balance !== 'unbalanced',
      balance: this.say(`report.balance.${balance}`, { open: books.open }),
      books: this.books(books),
      rates: [
        { label: this.say('report.rate.sent'), value: this.rate(rates.sent) },
        { label: this.say('report.rate.failed'), value: this.rate(rates.failed) },
        { label: this.say('report.rate.inDoubt'), value: this.rate(rates.inDoubt) },
      ],
      arms: {
        head: this.words(
          'report.arm',
          'report.books.targeted',
          'report.books.sent',
          'report.books.failed',
          'report.books.inDoubt',
        ),
        rows: arms.map(({ arm, targeted, sent, failed, inDoubt }) => [
          arm === 'holdout' ? this.say('report.arm.holdout') : arm,
          ...[targeted, sent, failed, inDoubt].map((count) => this.count(count)),
        ]),
      },
      ...(refusals.length > 0 && { refusals: this.refusals(refusals) }),
      ...(overTime && { overTime: this.overTime(overTime) }),
      zones: this.zones(timeZones),
    };
  }

  private promotions(promotions: readonly PromotionReport[]): TableView {
    return {
      title: this.say('report.promotions'),
      lines: promotions.flatMap(({ step, state, disabled, redeemed, refunded, spent }) =>
        state === 'disabled'
          ? [
              this.say('report.promotions.undone', {
                step,
                disabled: this.count(disabled),
                kept: this.count(redeemed - refunded),
                spent: this.money([spent]),
              }),
            ]
          : [],
      ),
      table: {
        head: this.words(
          'report.promotions.step',
          'report.promotions.codes',
          'report.promotions.without',
          'report.promotions.redeemed',
          'report.promotions.refunded',
          'report.money.spent',
          'report.money.reserved',
        ),
        rows: promotions.map(({ step, codes, skipped, redeemed, refunded, spent, reserved }) => [
          step,
          this.count(codes),
          this.count(Object.values(skipped).reduce((sum, count) => sum + count, 0)),
          this.count(redeemed),
          this.count(refunded),
          this.amount(spent),
          this.amount(reserved),
        ]),
      },
    };
  }

  private moneyTable({ lines, faults }: MoneyReport): TableView {
    const beyond = lines.filter((line) => line.beyond.micros > 0);
    return {
      title: this.say('report.money'),
      lines: [
        ...faults.map((fault) => this.say('report.money.fault', { fault })),
        ...beyond.map((line) => this.say('report.money.beyond', { amount: this.amount(line.beyond), line: line.line })),
      ],
      table: {
        head: this.words(
          'report.money.line',
          'report.money.cap',
          'report.money.spent',
          'report.money.reserved',
          'report.money.available',
        ),
        rows: lines.map(({ line, cap, spent, reserved, available }) => [
          line,
          ...[cap, spent, reserved, available].map((amount) => this.amount(amount)),
        ]),
      },
    };
  }

  private amount(amount: Money): string {
    return formatMoney(this.language, amount);
  }

  private books(books: Books): Bars {
    const points = places
      .filter((place) => books[place] !== 0)
      .map((place) => ({
        label: this.say(`report.books.${place}`),
        value: books[place],
        shown: this.count(books[place]),
      }));
    return {
      title: this.say('report.books.caption'),
      points,
      table: {
        head: this.words('report.books', 'report.count'),
        rows: [
          ...points.map(({ label, shown }) => [label, shown]),
          [this.say('report.books.targeted'), this.count(books.targeted)],
        ],
      },
    };
  }

  private refusals(refusals: readonly RefusalReport[]): Table {
    return {
      head: this.words('report.refusal.code', 'report.count'),
      rows: refusals.map(({ code, status, count }) => [
        [code, status].filter((part) => part !== undefined).join(' ') || this.say('report.refusal.none'),
        this.count(count),
      ]),
    };
  }

  private overTime({ bucketMs, buckets }: NonNullable<StepReport['overTime']>): Bars {
    const { timeZone } = this.report;
    const label = bucketLabel(this.language, { bucketMs, timeZone, buckets: buckets.map(({ from }) => from) });
    const points = buckets.map(({ from, sent }) => ({ label: label(from), value: sent, shown: this.count(sent) }));
    const width = bucketMs < 60_000 ? `${bucketMs / 1000} s` : formatDuration(this.language, bucketMs);
    return {
      title: this.say('report.overTime.caption', { width, zone: timeZone }),
      points,
      table: {
        head: this.words('report.overTime.from', 'report.books.sent'),
        rows: points.map((point) => [point.label, point.shown]),
      },
    };
  }

  private zones(zones: StepReport['timeZones']): Bars {
    const named = zones.map(({ zone, targeted, sent }) => ({
      label: zone === 'other' ? this.say('report.zone.other') : zone,
      value: sent,
      shown: this.say('report.zone.sent', { sent: this.count(sent), targeted: this.count(targeted) }),
      row: [this.count(targeted), this.count(sent)],
    }));
    return {
      title: this.say('report.zones'),
      points: named.map(({ label, value, shown }) => ({ label, value, shown })),
      table: {
        head: this.words('report.zone', 'report.books.targeted', 'report.books.sent'),
        rows: named.map(({ label, row }) => [label, ...row]),
      },
    };
  }

  private decision({ gate, by, verdict, at, via, planHash, note }: DecisionReport): ReportView['decisions'][number] {
    return {
      line: this.say(`report.decision.${verdict}`, { who: by, gate, at: this.moment(at) }),
      via: this.say('report.decision.via', { via, plan: (planHash ?? '').slice(0, 12) }),
      note,
    };
  }

  private event({ at, actor, action, subject = '', reason = '', count = 0 }: TimelineEntry): {
    at: string;
    what: string;
  } {
    const key = `report.event.${action}`;
    const known = eventKeys.find((candidate) => candidate === key);
    const what = this.say(known ?? 'report.event.other', { actor, action, subject, reason, count });
    const isSaid = reason === '' || action === 'gate.decided';
    return { at: this.time.format(new Date(at)), what: isSaid ? what : `${what}: ${reason}` };
  }

  private words(...keys: MessageKey[]): string[] {
    return keys.map((key) => this.say(key));
  }

  private rate({ count, of }: Rate): string {
    if (of === 0) return this.say('report.rate.none');
    const share = formatShare(this.language, count / of);
    return this.say('report.rate.value', { share, count: this.count(count), of: this.count(of) });
  }

  private count(count: number): string {
    return formatCount(this.language, count);
  }

  private money(amounts: RunReport['cost']['atMost']): string {
    return amounts.map((amount) => formatMoney(this.language, amount)).join(' + ') || this.say('fact.free');
  }

  private moment(at: Instant): string {
    return formatMoment(this.language, at, this.report.timeZone);
  }
}

const eventKeys = [
  'report.event.plan.applied',
  'report.event.run.prepared',
  'report.event.run.pause-asked',
  'report.event.run.resume-asked',
  'report.event.run.abort-asked',
  'report.event.run.paused',
  'report.event.run.resumed',
  'report.event.run.closed',
  'report.event.run.done',
  'report.event.run.rejected',
  'report.event.run.aborted',
  'report.event.run.failed',
  'report.event.gate.decided',
  'report.event.gate.approved',
  'report.event.gate.rejected',
  'report.event.gate.expired',
  'report.event.gate.link-used',
  'report.event.gate.link-refused',
  'report.event.step.started',
  'report.event.step.done',
  'report.event.step.skipped',
  'report.event.step.failed',
  'report.event.step.cancelled',
  'report.event.doubt.released',
  'report.event.doubt.given-up',
  'report.event.doubt.sent',
  'report.event.wave.released',
  'report.event.checkpoint.judged',
  'report.event.decision.acted',
  'report.event.decision.overridden',
  'report.event.flag.exposed',
  'report.event.flag.promoted',
  'report.event.flag.switched-off',
  'report.event.promotion.issued',
  'report.event.promotion.opened',
  'report.event.promotion.undone',
  'report.event.event.reported',
  'report.event.feedback.given',
] as const satisfies readonly MessageKey[];

/** As short as tells the bars apart: the time where all are of one day, the day where each bar is at least one. */
function bucketLabel(
  language: Language,
  { bucketMs, timeZone, buckets }: { bucketMs: number; timeZone: string; buckets: readonly Instant[] },
): (from: Instant) => string {
  const locale = localeOf(language);
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone });
  const seconds = bucketMs < 60_000 ? ({ second: '2-digit' } as const) : {};
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', ...seconds, timeZone });
  const days = new Set(buckets.map((from) => day.format(new Date(from))));
  return (from) => {
    const moment = new Date(from);
    if (bucketMs >= 86_400_000) return day.format(moment);
    return days.size === 1 ? time.format(moment) : `${day.format(moment)} ${time.format(moment)}`;
  };
}

function localeOf(language: Language): string {
  return language === 'es' ? 'es-ES' : 'en-GB';
}

/**
 * What a scenario does not say of customers is drawn from the campaign itself: which events start, end and interrupt its
 * journeys or earn its points, and what its conditions want to find in them.
 */
import { conditionEnvironment, nodesOf } from '../../definition/condition/cel';
import type { ResolvedCampaign } from '../../definition/resolved';
import { accessOf, isName } from '../../definition/step-condition';
import type { Workspace } from '../../definition/workspace-types';
import { writeDuration } from '../../definition/written/duration';
import type { EventValue, ScenarioEvent } from './events';
import type { Scenario } from './schema';

export interface CompleteScenario {
  scenario: Scenario;
  /** In words: what nobody wrote. */
  assumed: string[];
}

const perDay = 3;
const day = 86_400_000;
const followShare = 0.25;
const refundShare = 0.05;
const refundDelay = 5 * day;
const amount: EventValue = { mean: 45, spread: 25 };

/** The scenario with whatever the campaign needs to be played; as it is for campaigns with an audience. */
export function completeScenario(
  campaign: ResolvedCampaign,
  scenario: Scenario,
  { sources }: Pick<Workspace, 'sources'>,
): CompleteScenario {
  if (!campaign.trigger && !campaign.program) return { scenario, assumed: [] };
  const seen = new Wanted();
  for (const expression of expressionsOf(campaign)) seen.read(expression);
  const wanted = wantedEvents(campaign);
  const assumed: string[] = [];
  const events: Scenario['events'] = { ...scenario.events };
  for (const [type, drawn] of wanted) {
    const given = scenario.events[type];
    const says = given?.perDay !== undefined || given?.follows !== undefined;
    const event: ScenarioEvent = {
      ...(says ? { perDay: given.perDay, follows: given.follows } : { perDay: drawn.perDay, follows: drawn.follows }),
      source: given?.source ?? seen.source,
      data: { ...(arrives(says ? given : drawn) ? { ...seen.data, ...drawn.data } : {}), ...given?.data },
      counts: given?.counts ?? countsOf(type, { sources }) ?? drawn.counts,
    };
    events[type] = event;
    if (!says) assumed.push(inWords(type, event));
  }
  const attributes = { ...seen.attributes, ...scenario.attributes };
  const invented = Object.keys(attributes).filter((name) => !(name in scenario.attributes));
  if (invented.length > 0)
    assumed.push(`of everybody: ${invented.map((name) => `${name} is ${String(attributes[name])}`).join(', ')}`);
  const until = Math.max(scenario.until, (scenario.days + 120) * day);
  if (campaign.program && campaign.program.rewards.length > 0)
    assumed.push(
      `every ${writeDuration(scenario.rewards.every)}, ${scenario.rewards.share * 100} % of the members who can afford a reward take the dearest`,
    );
  return { scenario: { ...scenario, events, attributes, until }, assumed };
}

type Drawn = Pick<ScenarioEvent, 'perDay' | 'follows' | 'counts'> & { data: ScenarioEvent['data'] };

function arrives(event: Pick<ScenarioEvent, 'perDay'> | undefined): boolean {
  return (event?.perDay ?? 0) > 0;
}

function inWords(type: string, { perDay: often = 0, follows = [] }: ScenarioEvent): string {
  const ways = [
    ...(often > 0 ? [`${often} a day`] : []),
    ...follows.map(({ after, share, delay }) => `after ${share * 100} % of ${after}, ${writeDuration(delay)} later`),
  ];
  return `${type}: ${ways.join('; ') || 'never'}`;
}

/** Every type of event that the campaign knows, in the order in which they matter. */
function wantedEvents({ trigger, program, steps }: ResolvedCampaign): Map<string, Drawn> {
  const wanted = new Map<string, Drawn>();
  const add = (type: string, drawn: Drawn) => {
    const known = wanted.get(type);
    wanted.set(type, known ? { ...known, follows: [...(known.follows ?? []), ...(drawn.follows ?? [])] } : drawn);
  };
  const [first] = trigger?.events ?? [];
  if (trigger && first !== undefined) {
    for (const type of trigger.events) add(type, { perDay, data: {} });
    const waits = steps.flatMap((step) => (step.kind === 'wait' && 'event' in step.wait ? step.wait.event.events : []));
    const later = new Set([...trigger.exits.flatMap(({ on }) => on), ...waits]);
    for (const type of later) add(type, { follows: [{ after: first, share: followShare, delay: day }], data: {} });
  }
  if (program) {
    for (const { on, gives } of program.earn)
      for (const type of on)
        if (!wanted.has(type))
          add(type, {
            perDay,
            data: { [program.order]: 'order-{n}', ...('amount' in gives && { [gives.amount]: amount }) },
            ...('amount' in gives && {
              counts: { as: 'converted', amount: gives.amount, currency: program.currency },
            }),
          });
    const paid = program.earn.find(({ gives }) => 'amount' in gives)?.on[0];
    if (paid !== undefined)
      for (const type of program.refund?.on ?? [])
        add(type, { follows: [{ after: paid, share: refundShare, delay: refundDelay }], data: {} });
  }
  return wanted;
}

/** As a source of `volante.yaml` counts it. */
function countsOf(type: string, { sources }: Pick<Workspace, 'sources'>): ScenarioEvent['counts'] {
  for (const source of Object.values(sources)) {
    if (source.kind !== 'events') continue;
    const as = source.kinds?.[type];
    if (as === 'converted' || as === 'refund')
      return { as, amount: source.fields?.amount ?? 'amount', currency: 'EUR' };
  }
  return undefined;
}

function expressionsOf({ trigger, program, steps }: ResolvedCampaign): string[] {
  return [
    trigger?.where,
    trigger?.key,
    ...(trigger?.exits.map(({ when }) => when) ?? []),
    ...steps.flatMap((step) => [
      trigger ? step.if : undefined,
      step.kind === 'wait' && 'event' in step.wait ? step.wait.event.where : undefined,
    ]),
    ...(program?.earn.map(({ where }) => where) ?? []),
  ].filter((expression) => expression !== undefined);
}

type Node = Parameters<typeof accessOf>[0];
type Simple = string | number | boolean;

const environment = conditionEnvironment({ event: 'map', contact: 'map', journey: 'map', steps: 'map' });
const known = new Set(['timeZone', 'locale', 'createdAt']);

/** What conditions compare with, turned into values for which they hold. What was read first stands. */
class Wanted {
  readonly data: ScenarioEvent['data'] = {};
  readonly attributes: Scenario['attributes'] = {};
  source: string | undefined;

  read(expression: string): void {
    const { ast } = environment.parse(expression);
    for (const node of nodesOf(ast)) this.compare(node);
    for (const node of nodesOf(ast)) {
      const path = dataPath(node);
      if (path !== undefined && !Object.keys(this.data).some((name) => name === path || name.startsWith(`${path}.`)))
        this.data[path] = `${path.split('.').at(-1)}-{n}`;
    }
  }

  private compare(node: Node): void {
    if (!isComparison(node)) return;
    const [left, right] = node.args as [Node, Node];
    const literal = literalOf(right);
    if (literal === undefined) return;
    const values = valuesFor(node.op, literal);
    const path = dataPath(left);
    const [value] = values;
    if (value === undefined) return;
    if (path !== undefined) this.data[path] ??= values.length === 1 ? value : values;
    const access = accessOf(left);
    if (!access) return;
    if (isName(access.owner, 'contact') && !known.has(access.field)) this.attributes[access.field] ??= value;
    if (isName(access.owner, 'event') && access.field === 'source' && node.op === '==') this.source ??= String(literal);
  }
}

const comparisons = new Set<string>(['==', '!=', '>', '>=', '<', '<=']);

function isComparison(node: Node): boolean {
  return comparisons.has(node.op);
}

function literalOf(node: Node): Simple | undefined {
  if (node.op !== 'value') return undefined;
  const value: unknown = node.args;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function valuesFor(comparison: string, literal: Simple): Simple[] {
  if (comparison === '==') return [literal];
  if (typeof literal !== 'number') return comparison === '!=' ? (typeof literal === 'boolean' ? [!literal] : []) : [];
  const size = Math.max(1, Math.abs(literal));
  if (comparison === '<' || comparison === '<=') return [literal - size];
  return [literal + 1, literal + size, literal + 2 * size];
}

/** `total` of `event.data.total`. */
function dataPath(node: Node): string | undefined {
  const access = accessOf(node);
  if (!access) return undefined;
  const owner = accessOf(access.owner);
  if (owner?.field === 'data' && isName(owner.owner, 'event')) return access.field;
  const above = dataPath(access.owner);
  return above === undefined ? undefined : `${above}.${access.field}`;
}

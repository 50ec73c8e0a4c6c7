import type { ConditionFault } from '../condition/cel';
import { type ConditionPlace, journeyConditionFaults, journeyKeyFaults } from '../journey-condition';
import type { Path } from '../source/place';
import { isTimeOfDay } from '../written/time-of-day';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';
import { StepsGraph } from './steps-graph';

/** Triggers and what journeys may do; what only journeys may do elsewhere. */
export function checkJourneys(context: CheckContext): void {
  const { authored, source } = context;
  if (authored.trigger === undefined) {
    if (!source.has(['trigger'])) checkBulk(context);
    return;
  }
  const refused: [Path, string][] = [
    [['audience'], 'the events name the contacts'],
    [['schedule', 'cron'], 'the events say when'],
  ];
  for (const [path, message] of refused)
    if (source.has(path)) remark(context, { rule: 'JRNY-901', path, message, atKey: true });
  checkTrigger(context, authored.trigger);
  const graph = new StepsGraph(authored);
  for (const placed of authored.steps) checkStep(context, placed, graph);
}

/** A campaign for a whole audience. */
function checkBulk(context: CheckContext): void {
  const { authored, source } = context;
  const only = (path: Path, message: string) => remark(context, { rule: 'JRNY-908', path, message, atKey: true });
  for (const key of ['priority', 'exclusive'])
    if (source.has([key])) only([key], `"${key}" is for campaigns with a trigger`);
  for (const { step, path } of authored.steps) {
    for (const key of ['event', 'where', 'timeout'] as const)
      if (step.wait?.[key] !== undefined) only([...path, 'wait', key], `"${key}" is for journeys`);
    if (step.wait?.until !== undefined && isTimeOfDay(step.wait.until))
      only([...path, 'wait', 'until'], 'a time of day in whose zone? write date and time');
  }
}

type AuthoredTrigger = NonNullable<CheckContext['authored']['trigger']>;

function checkTrigger(context: CheckContext, { where, key, reentry, exit = [] }: AuthoredTrigger): void {
  const at: Path = ['trigger'];
  checkCondition(context, { expression: where, path: [...at, 'where'], place: 'trigger' });
  if (key !== undefined) addFaults(context, { faults: journeyKeyFaults(key), path: [...at, 'key'], rule: 'JRNY-906' });
  if (reentry === 'always' && key === undefined)
    remark(context, { rule: 'JRNY-907', path: [...at, 'reentry'], message: 'there is no `key`' });
  const isList = context.source.has([...at, 'exit', 0]);
  for (const [index, { name, when }] of exit.entries()) {
    const path = isList ? [...at, 'exit', index] : [...at, 'exit'];
    checkCondition(context, { expression: when, path: [...path, 'when'], place: 'exit' });
    if (exit.findIndex((other) => other.name === name) < index)
      remark(context, { rule: 'JRNY-910', path, message: `another exit is called "${name}" too` });
  }
}

function checkStep(context: CheckContext, placed: PlacedStep, graph: StepsGraph): void {
  const { step, path } = placed;
  const upstream = graph.upstream(step.id);
  const refuse = (key: string, what: string) =>
    remark(context, { rule: 'JRNY-902', path: [...path, key], message: `${what} in a journey`, atKey: true });
  if (step.experiment) refuse('experiment', 'no experiment');
  if (step.checkpoint) refuse('checkpoint', 'no checkpoint');
  if (step.rollout)
    remark(context, { rule: 'JRNY-901', path: [...path, 'rollout'], message: 'a journey has no waves' });
  if (step.email?.arms)
    remark(context, {
      rule: 'JRNY-902',
      path: [...path, 'email', 'arms'],
      message: 'no arms in a journey',
      atKey: true,
    });
  if (step.gate) checkGateFirst(context, placed, upstream);
  checkWait(context, placed, upstream);
  if (step.gate === undefined)
    checkCondition(context, { expression: step.if, path: [...path, 'if'], place: 'step', upstream });
}

/** A gate is decided in the campaign's standing run: all that it needs must be decided there as well. */
function checkGateFirst(context: CheckContext, { step, path }: PlacedStep, upstream: readonly string[]): void {
  const other = context.authored.steps.find((each) => upstream.includes(each.step.id) && !each.step.gate);
  if (!other) return;
  const message = `gate "${step.id}" comes after "${other.step.id}"`;
  remark(context, { rule: 'JRNY-903', path: [...path, 'gate'], message, atKey: true });
}

function checkWait(context: CheckContext, { step, path }: PlacedStep, upstream: readonly string[]): void {
  const { wait } = step;
  if (!wait) return;
  const at = [...path, 'wait'];
  checkCondition(context, { expression: wait.where, path: [...at, 'where'], place: 'step', upstream });
  const isForEvent = wait.event !== undefined;
  const said = (message: string) => remark(context, { rule: 'JRNY-909', path: at, message });
  if (isForEvent && (wait.for !== undefined || wait.until !== undefined)) said('it waits for an event and for time');
  if (isForEvent && wait.timeout === undefined) said('it may wait for ever');
  if (!isForEvent && (wait.timeout !== undefined || wait.where !== undefined)) said('it names no event');
}

interface Condition {
  expression: string | undefined;
  path: Path;
  place: ConditionPlace;
  upstream?: readonly string[];
}

function checkCondition(context: CheckContext, { expression, path, place, upstream }: Condition): void {
  if (expression === undefined) return;
  addFaults(context, { faults: journeyConditionFaults(expression, { place, upstream }), path, rule: 'JRNY-904' });
}

function addFaults(
  { problems, source }: CheckContext,
  { faults, path, rule }: { faults: readonly ConditionFault[]; path: Path; rule: string },
): void {
  for (const { kind, message, start, end } of faults)
    problems.add({
      rule: kind === 'personal' ? 'JRNY-905' : kind === 'order' ? 'STEP-505' : rule,
      message,
      place: source.placeWithin(path, start, end),
    });
}

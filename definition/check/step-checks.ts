import { stepKindSchemas } from '../schema/steps';
import { stepConditionFaults } from '../step-condition';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';
import { StepsGraph } from './steps-graph';

const kinds = Object.keys(stepKindSchemas) as (keyof typeof stepKindSchemas)[];

/** The kinds a step names; one when it is right. */
export function kindsOf({ step }: PlacedStep): (keyof typeof stepKindSchemas)[] {
  return kinds.filter((kind) => step[kind] !== undefined);
}

/** Steps: ids, what each does, what it needs, when it is skipped. */
export function checkSteps(context: CheckContext): void {
  const { authored } = context;
  const graph = new StepsGraph(authored);
  checkUnique(context);
  for (const placed of authored.steps) {
    checkKind(context, placed);
    checkNeeds(context, placed, graph);
    checkCondition(context, placed, graph);
  }
  if (
    authored.program === undefined &&
    authored.stepsComplete &&
    authored.steps.length > 0 &&
    !authored.steps.some(({ step }) => step.email ?? step.experiment)
  ) {
    remark(context, { rule: 'STEP-506', path: ['steps'], message: 'no step reaches the audience', atKey: true });
  }
}

function checkUnique(context: CheckContext): void {
  const seen = new Set<string>();
  for (const { step, path } of context.authored.steps) {
    if (seen.has(step.id)) {
      remark(context, { rule: 'REF-107', path: [...path, 'id'], message: `another step is called "${step.id}" too` });
    }
    seen.add(step.id);
  }
}

function checkKind(context: CheckContext, placed: PlacedStep): void {
  const named = kindsOf(placed);
  const { step, path } = placed;
  if (named.length !== 1) {
    const said = named.length === 0 ? 'nothing' : named.join(' and ');
    remark(context, { rule: 'STEP-501', path: [...path, 'id'], message: `step "${step.id}" does ${said}` });
  }
  if (step.wait && !isEventWait(step.wait) && (step.wait.for === undefined) === (step.wait.until === undefined)) {
    const said = step.wait.for === undefined ? 'neither `for` nor `until`' : 'both `for` and `until`';
    remark(context, { rule: 'STEP-502', path: [...path, 'wait'], message: `this wait says ${said}` });
  }
}

/** Those are checked with journeys. */
function isEventWait({ event, where, timeout }: NonNullable<PlacedStep['step']['wait']>): boolean {
  return (event ?? where ?? timeout) !== undefined;
}

function checkNeeds(context: CheckContext, { step, path }: PlacedStep, graph: StepsGraph): void {
  const { stepIds } = context.authored;
  for (const [index, need] of (step.needs ?? []).entries()) {
    if (stepIds.includes(need)) continue;
    const meant = didYouMean(need, stepIds);
    remark(context, {
      rule: 'REF-105',
      path: [...path, 'needs', index],
      message: `there is no step "${need}"`,
      fix: meant ? `did you mean "${meant}"?` : undefined,
    });
  }
  const isUnique = stepIds.indexOf(step.id) === stepIds.lastIndexOf(step.id);
  if (isUnique && graph.isInCircle(step.id)) {
    const circle = graph.upstream(step.id).filter((id) => id !== step.id && graph.upstream(id).includes(step.id));
    const needed = circle.length > 0 ? `${circle.sort().join(', ')}, and the other way round` : 'itself';
    remark(context, {
      rule: 'REF-106',
      path: [...path, step.needs ? 'needs' : 'id'],
      message: `step "${step.id}" needs ${needed}`,
      atKey: true,
    });
  }
}

function checkCondition(context: CheckContext, { step, path }: PlacedStep, graph: StepsGraph): void {
  if (step.if === undefined || (context.authored.trigger && !step.gate)) return;
  for (const fault of stepConditionFaults(step.if, { upstream: graph.upstream(step.id) })) {
    context.problems.add({
      rule: fault.kind === 'order' ? 'STEP-505' : 'STEP-504',
      message: fault.message,
      place: context.source.placeWithin([...path, 'if'], fault.start, fault.end),
    });
  }
}

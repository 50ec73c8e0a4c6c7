import { renderTeamText } from '../../email/team-text';
import { type StepConditionFacts, stepFields } from '../step-condition';
import type { PlacedStep } from './authored';
import type { CheckContext } from './context';
import { StepsGraph } from './steps-graph';

/** Texts to the team can be filled in with what is known when their step is reached. */
export function checkNotes(context: CheckContext): void {
  const graph = new StepsGraph(context.authored);
  for (const placed of context.authored.steps) {
    if (!placed.step.notify) continue;
    const before = graph.upstream(placed.step.id);
    checkNote(context, { ...placed, upstream: context.authored.steps.filter(({ step }) => before.includes(step.id)) });
  }
}

function checkNote(
  context: CheckContext,
  { step, path, upstream }: PlacedStep & { upstream: readonly PlacedStep[] },
): void {
  const scope = sampleScope(upstream);
  for (const part of ['subject', 'message'] as const) {
    const text = step.notify?.[part] ?? '';
    const fault = hasLiquid.test(text) ? faultOf(text, scope) : undefined;
    if (!fault) continue;
    const place = context.source.placeWithin([...path, 'notify', part], fault.start, fault.end);
    context.problems.add({ rule: 'STEP-507', message: fault.message, place });
  }
}

const hasLiquid = /\{[{%]/;

/** What a note sees when everything went well: books of the steps that deliver, the state of the others. */
function sampleScope(upstream: readonly PlacedStep[]): Record<string, unknown> {
  const counters = Object.fromEntries(stepFields.filter((field) => field !== 'state').map((field) => [field, 0]));
  return {
    run: { campaign: 'campaign', members: 0 } satisfies StepConditionFacts['run'],
    steps: Object.fromEntries(
      upstream.map(({ step }) => [step.id, { ...(step.email ? counters : {}), state: 'done' }]),
    ),
  };
}

function faultOf(
  text: string,
  scope: Record<string, unknown>,
): { message: string; start: number; end: number } | undefined {
  try {
    renderTeamText(text, scope);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'it cannot be filled in';
    const [, line = '1', column = '1'] = /, line:(\d+), col:(\d+)/.exec(message) ?? [];
    const before = text.split('\n').slice(0, Number(line) - 1);
    const start = before.reduce((length, each) => length + each.length + 1, 0) + Number(column) - 1;
    const closing = text.slice(start).search(/[%}]\}/);
    return {
      message: message.replace(/, line:\d+, col:\d+.*$/s, '').replace(/\n[\s\S]*$/, ''),
      start,
      end: closing < 0 ? text.length : start + closing + 2,
    };
  }
}

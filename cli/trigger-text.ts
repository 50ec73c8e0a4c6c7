/** What a plan says of a trigger. */
import type { PlannedTrigger } from '../definition/plan-document';
import type { PlannedUnderWay } from '../definition/plan-under-way';
import { writeDuration } from '../definition/written/duration';

/** Labels and texts, in the order in which they matter. */
export function triggerLines(trigger: PlannedTrigger, underWay?: PlannedUnderWay): string[][] {
  const { events, where, exits, exclusive, priority, rivals } = trigger;
  return [
    ['starts', `a journey for one contact upon ${upon(events, where)}`],
    ['', lookBack(trigger)],
    ['again', againText(trigger)],
    ...exits.map(({ name, on, when, goal }) => ['leaves', `${name}${goal ? ' (goal)' : ''} upon ${upon(on, when)}`]),
    ...underWayLines(underWay),
    ...(exclusive === undefined ? [] : [['group', `${exclusive}, priority ${priority}`]]),
    ...rivals.map(({ campaign, priority: theirs, live }) => [
      'collides',
      `${campaign}, priority ${theirs}: ${live} contacts in a journey; ${theirs > priority ? 'it wins' : theirs < priority ? 'this one wins' : 'the first by name wins'} when one event starts both`,
    ]),
  ];
}

const signs = { added: '+', changed: '~', removed: '-' } as const;

/** People inside journeys, and what becomes of each step that the file changes for them. */
function underWayLines(underWay: PlannedUnderWay | undefined): string[][] {
  if (!underWay) return [];
  return [
    ['inside', underWay.says],
    ...underWay.steps.map(({ step, change, says }) => ['', `${signs[change]} ${step}: ${says}`]),
  ];
}

function upon(events: readonly string[], where: string | undefined): string {
  return `${events.join(' or ')}${where === undefined ? '' : ` where ${where}`}`;
}

function lookBack({ days, seen, isCut, matched, contacts, undecidable }: PlannedTrigger): string {
  const cut = isCut ? ', the newest of them' : '';
  const unclear = undecidable > 0 ? `, ${undecidable} not decidable` : '';
  return `last ${days} days: ${matched} of ${seen} such events${cut}, of ${contacts} contacts${unclear}`;
}

function againText({ reentry, key, cooldown }: PlannedTrigger): string {
  const which = key === undefined ? 'the same contact' : `the same contact and ${key}`;
  const rule = {
    never: `never for ${which}`,
    'after-end': `once the journey of ${which} is over`,
    always: 'with every event, side by side',
  }[reentry];
  return `${rule}${cooldown === undefined ? '' : `, not within ${writeDuration(cooldown)} of the last`}`;
}

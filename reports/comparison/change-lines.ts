/** What differs in one campaign, line by line, the most telling first. */
import type { ComparedPlan } from '../../definition/compared-plan';
import type { Change } from '../../definition/diff';
import type { PlannedAmendment } from '../../definition/plan-amendment';
import type { PlannedCampaign } from '../../definition/plan-document';
import type { PlannedUnderWay } from '../../definition/plan-under-way';
import { code, sentence } from './markdown-text';
import { number, plannedOf } from './rows';

type Compared = ComparedPlan['campaigns'][number];
type Amended = NonNullable<PlannedAmendment['changes']>[number];

const mostLines = 40;

/** Markdown, one list item a line. */
export function detailLines(document: ComparedPlan, compared: Compared): string[] {
  const planned = plannedOf(document, compared);
  const amendment = planned?.amendment;
  return [
    ...(compared.relation === 'removed' ? [removedLine(document, compared)] : []),
    ...compared.problems.map(({ severity, rule, message, file, line, column }) => {
      const where = `${file}:${line}:${column}`;
      return `${severity === 'error' ? '✖' : '⚠'} ${code(rule)} ${code(message, 300)} (${code(where)})`;
    }),
    ...(planned?.alreadyRun ? [`this revision ran already: ${code(planned.alreadyRun.runId)}; nothing starts`] : []),
    ...compared.messages.map(messageLine),
    ...limited(compared.changes.filter(({ path }) => !isHashOf(path, compared)).map(changeLine)),
    ...(amendment ? amendmentLines(amendment) : []),
    ...(planned?.underWay && !planned.alreadyRun ? underWayLines(planned.underWay) : []),
    ...(amendment ? [] : (planned?.collisions ?? []).map(collisionLine)),
    ...(planned && !amendment && !planned.alreadyRun && !planned.trigger ? [audienceLine(planned.audience)] : []),
    ...(compared.outline?.irreversible ?? []).map(({ step, what }) => `for good: ${code(step)}, ${sentence(what)}`),
    ...(amendment
      ? []
      : (compared.outline?.gates ?? []).map(
          ({ step, approvers, quorum }) => `gate ${code(step)}: ${quorum} of ${code(approvers.join(', '))}`,
        )),
  ];
}

function removedLine({ plan }: ComparedPlan, { run }: Compared): string {
  if (!plan) return 'removed from the files; whether a run of it goes on is not known here (offline)';
  if (!run) return 'removed from the files; no run of it is under way';
  const { runId, phase } = run;
  return `orphaned: ${code(runId)} (${code(phase)}) goes on, a removed file stops nothing; ${code(`volante prune ${runId}`)} asks its approvers`;
}

function messageLine({ file, inserted, deleted, isMore }: Compared['messages'][number]): string {
  const more = isMore ? 'more than ' : '';
  return `words of ${code(file)}: ${more}+${number(inserted)} −${number(deleted)}`;
}

/** A file of words is shown by its words. */
function isHashOf(path: string, { messages }: Compared): boolean {
  return path.endsWith('.sha256') && messages.length > 0 && !path.includes('.csv.');
}

function changeLine({ kind, path, before, after }: Pick<Change, 'kind' | 'path' | 'before' | 'after'>): string {
  if (kind === 'added') return `added ${code(path)}: ${value(after)}`;
  if (kind === 'removed') return `removed ${code(path)}: was ${value(before)}`;
  return `${code(path)}: ${value(before)} → ${value(after)}`;
}

function value(written: unknown): string {
  if (typeof written === 'string' && /^[0-9a-f]{64}$/.test(written)) return code(written.slice(0, 12));
  return code(typeof written === 'string' ? written : JSON.stringify(written));
}

function collisionLine({
  runId,
  phase,
  sharedMembers,
  sharedPlatforms,
}: PlannedCampaign['collisions'][number]): string {
  const shared = [
    ...(sharedMembers > 0 ? [`${number(sharedMembers)} of the same people`] : []),
    ...(sharedPlatforms.length > 0 ? [`the same ${code(sharedPlatforms.join(', '))}`] : []),
  ];
  return `collides with ${code(runId)} (${code(phase)}): ${shared.join(', ')}`;
}

function amendmentLines({ runId, phase, changes, voids }: PlannedAmendment): string[] {
  if (!changes) return [`${code(runId)} (${code(phase)}) does not answer: nobody can say what has begun`];
  return [
    `on ${code(runId)} (${code(phase)}):`,
    ...limited(changes.map(amendedLine)),
    ...(voids.length > 0 ? [`to be approved again: ${voids.map((gate) => code(gate)).join(', ')}`] : []),
  ];
}

function underWayLines({ says, steps }: PlannedUnderWay): string[] {
  return [
    `inside journeys: ${sentence(says)}`,
    ...limited(steps.map((step) => `${step.change} ${code(step.step)}: ${sentence(step.says)}`)),
  ];
}

function amendedLine({ path, rule, says }: Amended): string {
  return `${code(path.replace(/\.sha256$/, ''))} is ${code(rule)}: ${sentence(says)}`;
}

function audienceLine(audience: PlannedCampaign['audience']): string {
  const { targeted, heldOut, suppressed, unconsented, capped, undecidable } = audience;
  const counts = { targeted, 'held out': heldOut, suppressed, 'without consent': unconsented, capped, undecidable };
  return `people: ${Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${number(count)} ${what}`)
    .join(', ')}`;
}

function limited(lines: string[]): string[] {
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines), `and ${number(lines.length - mostLines)} more`];
}

/** Whether a step of a journey begins now. All that is decided about a contact is decided here, in the ledger's light. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../../definition/failure-types';
import {
  type ConditionPlace,
  compileJourneyCondition,
  type JourneyCondition,
  type JourneyFacts,
} from '../../definition/journey-condition';
import type { ResolvedStep, WaitStep } from '../../definition/resolved';
import type { ResolvedExit } from '../../definition/resolved-journey';
import { nextTimeOfDay } from '../../definition/time-of-day';
import { type OpenRevision, recordFollowedStep } from '../../ledger/journeys/followed';
import {
  type JourneyFactsRow,
  moveJourney,
  readJourney,
  readJourneyEvents,
  type StoredEvent,
} from '../../ledger/journeys/journey';
import { listensOf } from '../../ledger/journeys/triggers';
import type { ActivityDependencies } from '../dependencies';
import type { JourneyActivities, JourneySteps, StepEntry } from '../journey-contract';
import { isBefore, newerRevision, takeUp } from './course';
import { type TriggeredCampaign, TriggeredCampaigns } from './revision-cache';

type Question = Parameters<JourneyActivities['enterStep']>[0];

export function createEnterStep({ database }: ActivityDependencies): JourneyActivities['enterStep'] {
  const campaigns = new TriggeredCampaigns(database);
  return async (question) => {
    const { run, seq, step: stepId, goesBy } = question;
    const { runNo } = run;
    const campaign = await campaigns.of(run.revision);
    const course = await campaigns.of(goesBy?.revision ?? run.revision);
    const step = stepOf(campaign, stepId);
    const row = await readJourney(database, { runNo, seq, emailSteps: emailStepsOf(campaign, course) });
    if (!row || row.state === 'ended') return { enter: 'over', why: 'the journey has ended' };
    if (row.dispatch === 'closed') return { enter: 'over', why: 'the run has ended' };
    const types = [...new Set([...listensOf(campaign), ...listensOf(course)])];
    const newer = goesBy && (await newerRevision(database, campaigns, { campaignId: course.id, than: goesBy.runNo }));
    const events = await readJourneyEvents(database, { eventNo: row.eventNo, contactId: row.contactId, types });
    const situation = { campaign, step, row, question, ...events };
    const taken = exitTaken(situation, course, newer);
    if (taken) return { enter: 'exit', exit: taken.name, goal: taken.goal };
    const changed = newer && (await takeUp(database, campaigns, { run, seq, newer }));
    if (changed) return { enter: 'changed', ...changed };
    const entry = decide(situation);
    const isMoved = row.step !== stepId || row.state !== 'running' || entry.enter === 'held';
    if (isMoved && (entry.enter === 'held' || entry.enter === 'go' || entry.enter === 'wait'))
      await moveJourney(database, {
        runNo,
        seq,
        step: stepId,
        ...(entry.enter === 'held' && { heldWhy: 'the campaign is paused' }),
      });
    const begins = entry.enter === 'go' || entry.enter === 'wait' || entry.enter === 'happened';
    if (begins && goesBy && goesBy.runNo !== runNo && goesBy.revision === run.revision)
      await recordFollowedStep(database, { runNo, seq, step: stepId, by: goesBy.runNo });
    return entry;
  };
}

function emailStepsOf(...campaigns: TriggeredCampaign[]): string[] {
  return [
    ...new Set(campaigns.flatMap(({ steps }) => steps.flatMap(({ kind, id }) => (kind === 'email' ? [id] : [])))),
  ];
}

function stepOf(campaign: TriggeredCampaign, stepId: string): ResolvedStep {
  const step = campaign.steps.find(({ id }) => id === stepId);
  if (step) return step;
  throw ApplicationFailure.nonRetryable(`no step ${stepId} in this revision`, failureTypes.planInvalid);
}

interface Situation {
  campaign: TriggeredCampaign;
  step: ResolvedStep;
  row: JourneyFactsRow;
  question: Question;
  start: StoredEvent;
  since: StoredEvent[];
}

function decide(situation: Situation): StepEntry {
  const { campaign, step, row, question, start } = situation;
  if (row.dispatch === 'paused' && step.kind !== 'wait') return { enter: 'held' };
  if (step.if !== undefined) {
    const verdict = conditionOf(step.if, 'step')(factsOf(situation, start));
    if (typeof verdict !== 'boolean')
      throw ApplicationFailure.nonRetryable(`\`${step.if}\`: ${verdict.undecidable}`, failureTypes.conditionInvalid);
    if (!verdict) return { enter: 'skip', why: `its condition does not hold: ${step.if}` };
  }
  if (step.kind === 'wait') return waitFor(step.wait, situation);
  const deadline = [step.validUntil, campaign.schedule.end].filter((end) => end !== undefined).sort()[0];
  if (deadline !== undefined && question.now >= deadline && step.kind !== 'email')
    return { enter: 'skip', why: 'it is no longer valid' };
  return { enter: 'go', ...(deadline !== undefined && { deadline }) };
}

/** The first event that ends the journey. Each is judged by the exits of the revision that held when it came. */
function exitTaken(
  situation: Situation,
  course: TriggeredCampaign,
  newer: OpenRevision | undefined,
): ResolvedExit | undefined {
  const { exits } = course.trigger;
  const { after = '0' } = situation.question.goesBy ?? {};
  const isOthers = (event: StoredEvent) =>
    BigInt(event.no) <= BigInt(after) || (newer !== undefined && !isBefore(event, newer));
  for (const event of situation.since) {
    if (isOthers(event)) continue;
    const taken = exits.find(
      ({ on, when }) =>
        on.includes(event.type) &&
        (when === undefined || conditionOf(when, 'exit')(factsOf(situation, event)) === true),
    );
    if (taken) return taken;
  }
  return undefined;
}

function waitFor(wait: WaitStep['wait'], situation: Situation): StepEntry {
  const { row, question, since } = situation;
  const moment = question.moment === undefined ? row.admittedAt.getTime() : Date.parse(question.moment);
  if ('until' in wait) return { enter: 'wait', until: wait.until };
  if ('for' in wait) return { enter: 'wait', until: instant(moment + wait.for) };
  if ('timeOfDay' in wait)
    return {
      enter: 'wait',
      until: instant(nextTimeOfDay({ after: moment, zone: row.timeZone, timeOfDay: wait.timeOfDay })),
    };
  const { events, where, timeout } = wait.event;
  const end = moment + timeout;
  const holds = where === undefined ? () => true : conditionOf(where, 'step');
  const isThere = since.some(
    (event) =>
      events.includes(event.type) &&
      event.at !== undefined &&
      event.at.getTime() >= moment &&
      event.at.getTime() <= end &&
      holds(factsOf(situation, event)) === true,
  );
  return isThere ? { enter: 'happened' } : { enter: 'wait', until: instant(end) };
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function factsOf({ campaign, row, question }: Situation, event: StoredEvent): JourneyFacts {
  return {
    event: { type: event.type, source: event.source, id: event.id, time: event.occurredAt, data: event.data },
    contact: row.contact
      ? {
          ...row.contact.attributes,
          timeZone: row.timeZone,
          locale: row.contact.locale ?? campaign.locale,
          createdAt: row.contact.createdAt,
        }
      : {},
    journey: { key: row.key, startedAt: row.admittedAt, count: row.count },
    steps: stepFacts(question.steps, row.outcomes),
  };
}

function stepFacts(steps: JourneySteps, outcomes: Record<string, string>): JourneyFacts['steps'] {
  return Object.fromEntries(
    Object.entries(steps).map(([id, { state, happened = false }]) => [
      id,
      { state, outcome: outcomes[id] ?? '', happened },
    ]),
  );
}

const compiled = new Map<string, JourneyCondition>();
const mostCompiled = 1_000;

/** Compiled once per process; the same words at the same place mean the same. */
function conditionOf(expression: string, place: ConditionPlace): JourneyCondition {
  const key = `${place} ${expression}`;
  const condition = compiled.get(key) ?? compileJourneyCondition(expression, place);
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(key, condition);
  return condition;
}

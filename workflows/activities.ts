/** How workflows call activities: time-outs and retries in one place. */
import {
  type ActivityFunctionWithOptions,
  type ActivityInterfaceFor,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { ControlActivities, DeliveryActivities } from '../activities/contract';
import type { JourneyActivities } from '../activities/journey-contract';
import type { LoyaltyActivities } from '../activities/loyalty-contract';
import type { FlagActivities, MeasuringActivities } from '../activities/measuring-contract';
import type { PromotionActivities } from '../activities/promotion-contract';
import type { StoreCreditActivities } from '../activities/store-credit-contract';
import { failureTypes } from '../definition/failure-types';
import type { SyncActivities } from '../sync/contract';
import { deliveryQueue } from './queues';

const nonRetryableErrorTypes: string[] = Object.values(failureTypes);
const retry = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', nonRetryableErrorTypes } as const;

/** What the Temporal UI shows beside each activity. No personal data. */
const summaries: Summaries<ControlActivities> = {
  prepareRun: () => 'freeze the audience',
  amendRun: ({ no, request }) => `amendment ${no}: revision ${request.revision.slice(0, 12)}`,
  evaluateCondition: ({ expression }) => `if ${expression}`,
  askApprovers: ({ gate, roles, round }) => `${round === 0 ? 'ask' : 'remind'} ${roles.join(', ')}: gate ${gate}`,
  recordGate: ({ gate, outcome }) => `gate ${gate}: ${outcome}`,
  switchDispatch: ({ dispatch, by }) => `dispatch ${dispatch} by ${by}`,
  openStep: ({ step }) => `${step}: check the approval`,
  planSweep: ({ step }) => `${step}: what is still open`,
  closeDeliveries: ({ step, as }) => `${step}: the rest is ${as}`,
  countBooks: ({ step }) => `${step}: count`,
  recordStep: ({ step, state }) => `${step}: ${state}`,
  closeStep: ({ step, state }) => `${step}: ${state}`,
  notifyTeam: ({ step }) => `${step}: mail to the team`,
  finishRun: ({ phase }) => `close the books: ${phase}`,
};

const measuringSummaries: Summaries<MeasuringActivities> = {
  releaseWave: ({ step, wave }) => `${step}: release wave ${wave}`,
  probeCheckpoint: ({ step, checkpoint }) => `${step}/${checkpoint}: is it time?`,
  judgeCheckpoint: ({ step, checkpoint, look }) => `${step}/${checkpoint}: measure and judge, look ${look}`,
  recordBreach: ({ step, breach }) => `${step}: limit of ${breach.metric} breached`,
  judgeForecast: ({ step, look }) => `${step}: look ${look} at the forecast`,
  recordDecisionAction: ({ record }) => `${record.actor}: ${record.action.do}`,
  adjustBudget: ({ adjustment }) => `adjust budget line ${adjustment.line}`,
  forecastObjectives: () => 'forecast objectives',
};

const journeySummaries: Summaries<JourneyActivities> = {
  openTrigger: () => 'open the trigger',
  closeTrigger: ({ why }) => `close the trigger: ${why}`,
  countLiveJourneys: () => 'count journeys on their way',
  tellJourneys: ({ say }) => `tell journeys to ${say}`,
  retireJourneys: () => 'end what is left',
  beginJourney: ({ event }) => `begin, upon event ${event}`,
  enterStep: ({ step }) => `${step}: may it begin?`,
  holdJourney: ({ step }) => `${step}: wait for a person`,
  endJourney: ({ end }) => `end: ${end.outcome}`,
};

type Activity<Input> = (input: Input) => Promise<unknown>;
type InputOf<T> = T extends (input: infer Input) => unknown ? Input : never;
type Summaries<T> = { [Name in keyof T]: (input: InputOf<T[Name]>) => string };

/** Each activity with a summary that the Temporal UI shows beside it. */
function summarised<T extends object>(activities: ActivityInterfaceFor<T>, words: Summaries<T>): T {
  const names = Object.keys(words) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, withSummary(name, { activities, words })])) as T;
}

function withSummary<T extends object, Name extends keyof T>(
  name: Name,
  { activities, words }: { activities: ActivityInterfaceFor<T>; words: Summaries<T> },
) {
  type Input = InputOf<T[Name]>;
  const { executeWithOptions } = activities[name] as unknown as ActivityFunctionWithOptions<Activity<Input>>;
  return (input: Input) => executeWithOptions({ summary: words[name](input).slice(0, 200) }, [input]);
}

const flagSummaries: Summaries<FlagActivities> = {
  exposeFlag: ({ step, exposure }) => `${step}: ${Math.round(exposure * 100)} % of visitors`,
  promoteFlag: ({ step, arm }) => `${step}: ${arm} for everybody`,
  switchOffFlag: ({ step }) => `${step}: switch the flag off`,
};

/** Short effects on ledger and mail to the team. Retried until they succeed: an outage holds a run, it does not end it. */
export const control = summarised(
  proxyActivities<ControlActivities>({ startToCloseTimeout: '1 minute', retry }),
  summaries,
);

/** Freezing and closing walk over the whole audience and heartbeat on the way. */
export const bulk = summarised(
  proxyActivities<ControlActivities>({ startToCloseTimeout: '30 minutes', heartbeatTimeout: '30 seconds', retry }),
  summaries,
);

/** Measuring reads whole books, and asks sources outside; what takes long heartbeats. */
export const measuring = summarised(
  proxyActivities<MeasuringActivities>({ startToCloseTimeout: '10 minutes', heartbeatTimeout: '20 seconds', retry }),
  measuringSummaries,
);

/** Calls to flag platforms. */
export const flags = summarised(
  proxyActivities<FlagActivities>({ startToCloseTimeout: '2 minutes', retry }),
  flagSummaries,
);

const promotionSummaries: Summaries<PromotionActivities> = {
  issueCodes: ({ step, range }) => `${step}: codes for members ${range.from}–${range.to}`,
  undoPromotion: ({ step }) => `${step}: disable what is not redeemed`,
};

/** Codes by the ten thousand, some of them told to a platform outside one by one: they heartbeat. */
export const promotions = summarised(
  proxyActivities<PromotionActivities>({ startToCloseTimeout: '6 hours', heartbeatTimeout: '20 seconds', retry }),
  promotionSummaries,
);

const loyaltySummaries: Summaries<LoyaltyActivities> = {
  openProgram: () => 'open the program',
  tendProgram: () => 'activate and expire points',
  closeProgram: ({ why }) => `close the program: ${why}`,
  awardPoints: ({ step, range }) => `${step}: points for members ${range.from}–${range.to}`,
  reverseAwards: ({ step }) => `${step}: take points back`,
};

/** Walks over members of a program; heartbeats on the way. */
export const loyalty = summarised(
  proxyActivities<LoyaltyActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout: '20 seconds', retry }),
  loyaltySummaries,
);

/** Calls to a platform that keeps store credit. */
export const credits = summarised(proxyActivities<StoreCreditActivities>({ startToCloseTimeout: '1 minute', retry }), {
  payCredit: ({ credit }) => `pay store credit ${credit}, once`,
});

/** One contact's way through a campaign: short statements on the ledger. A worker that dies holds a journey up for no longer. */
export const journeys = summarised(
  proxyActivities<JourneyActivities>({ startToCloseTimeout: '20 seconds', retry }),
  journeySummaries,
);

/** What a standing run does to all its journeys; heartbeats on the way. */
export const standing = summarised(
  proxyActivities<JourneyActivities>({ startToCloseTimeout: '2 hours', heartbeatTimeout: '20 seconds', retry }),
  journeySummaries,
);

const syncSummaries: Summaries<SyncActivities> = {
  lookAtBranch: ({ repository }) => `${repository}: is there a new commit?`,
  readCommit: ({ repository, commit }) => `${repository}: read ${commit.slice(0, 12)}`,
  applyCampaigns: ({ repository, after }) => `${repository}: apply${after === '' ? '' : ` after ${after}`}`,
  concludeSync: ({ repository }) => `${repository}: conclude`,
};

/** Git over the network, and hundreds of files: heartbeats on the way. A repository that is away is tried again by the next look. */
export const sync = summarised(
  proxyActivities<SyncActivities>({
    startToCloseTimeout: '15 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { ...retry, maximumAttempts: 20 },
  }),
  syncSummaries,
);

export function deliveryActivities(options: {
  platform: string;
  heartbeatTimeoutMs: number;
}): ActivityInterfaceFor<DeliveryActivities> {
  return proxyActivities<DeliveryActivities>({
    taskQueue: deliveryQueue(workflowInfo().taskQueue, options.platform),
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: options.heartbeatTimeoutMs,
    retry,
  });
}

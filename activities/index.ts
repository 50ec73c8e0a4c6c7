/** The activities a worker registers: control activities on the campaign queue, delivery activities on each platform's. */

import { createAmendRun } from './amend';
import { createBookActivities } from './books';
import { createCheckpointActivities } from './checkpoint';
import type { ControlActivities, DeliveryActivities } from './contract';
import { createDeliverPages } from './deliver-pages';
import type { ActivityDependencies } from './dependencies';
import { createOpenStep, createSwitchDispatch } from './dispatch';
import { evaluateCondition } from './evaluate-condition';
import { createFlagActivities } from './flags';
import { createAskApprovers } from './gate';
import type { JourneyActivities } from './journey-contract';
import { createEnterStep } from './journeys/enter-step';
import { createJourneyLife } from './journeys/journey';
import { createStandingActivities } from './journeys/standing-run';
import { createLoyaltyActivities } from './loyalty';
import type { LoyaltyActivities } from './loyalty-contract';
import type { FlagActivities, MeasuringActivities } from './measuring-contract';
import { createNotifyTeam } from './notify';
import { createObjectiveActivities } from './objectives';
import { createPrepareRun } from './prepare-run';
import type { PromotionActivities } from './promotion-contract';
import { createPromotionActivities } from './promotions';
import { createReleaseWave } from './rollout';
import { createStoreCreditActivities } from './store-credit';
import type { StoreCreditActivities } from './store-credit-contract';

export function createControlActivities(
  deps: ActivityDependencies,
): ControlActivities &
  MeasuringActivities &
  FlagActivities &
  PromotionActivities &
  JourneyActivities &
  LoyaltyActivities &
  StoreCreditActivities {
  return {
    prepareRun: createPrepareRun(deps),
    amendRun: createAmendRun(deps),
    evaluateCondition,
    askApprovers: createAskApprovers(deps),
    switchDispatch: createSwitchDispatch(deps),
    openStep: createOpenStep(deps),
    notifyTeam: createNotifyTeam(deps),
    ...createBookActivities(deps),
    releaseWave: createReleaseWave(deps),
    ...createCheckpointActivities(deps),
    ...createObjectiveActivities(deps),
    ...createFlagActivities(deps),
    ...createPromotionActivities(deps),
    ...createLoyaltyActivities(deps),
    ...createStoreCreditActivities(deps),
    ...createStandingActivities(deps),
    enterStep: createEnterStep(deps),
    ...createJourneyLife(deps),
  };
}

export function createDeliveryActivities(deps: ActivityDependencies): DeliveryActivities {
  return { deliverPages: createDeliverPages(deps) };
}

/** The activities a worker registers: control activities on the campaign queue, delivery activities on each platform's. */

import { createBookActivities } from './books';
import type { ControlActivities, DeliveryActivities } from './contract';
import { createDeliverPages } from './deliver-pages';
import type { ActivityDependencies } from './dependencies';
import { createOpenStep, createSwitchDispatch } from './dispatch';
import { evaluateCondition } from './evaluate-condition';
import { createAskApprovers } from './gate';
import { createNotifyTeam } from './notify';
import { createPrepareRun } from './prepare-run';

export function createControlActivities(deps: ActivityDependencies): ControlActivities {
  return {
    prepareRun: createPrepareRun(deps),
    evaluateCondition,
    askApprovers: createAskApprovers(deps),
    switchDispatch: createSwitchDispatch(deps),
    openStep: createOpenStep(deps),
    notifyTeam: createNotifyTeam(deps),
    ...createBookActivities(deps),
  };
}

export function createDeliveryActivities(deps: ActivityDependencies): DeliveryActivities {
  return { deliverPages: createDeliverPages(deps) };
}

import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { compileCondition } from '../definition/step-condition';
import type { ControlActivities } from './contract';

/** A step's `if`. A condition that cannot be decided fails the step: neither answer would be honest. */
export const evaluateCondition: ControlActivities['evaluateCondition'] = async ({ expression, facts }) => {
  const verdict = compileCondition(expression)(facts);
  if (typeof verdict === 'boolean') return verdict;
  throw ApplicationFailure.nonRetryable(`\`${expression}\`: ${verdict.undecidable}`, failureTypes.conditionInvalid);
};

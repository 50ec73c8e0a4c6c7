/**
 * The judgement of a checkpoint. One function for the running campaign, the simulation, the operating characteristics and the
 * benchmark: what is measured of the one holds for the other.
 */
import { decide } from './decide';
import type { CheckpointEvidence } from './evidence';
import { explainVerdict, reasonOf } from './explain';
import { DecisionInputError } from './input-error';
import type { Judgement } from './judgement';
import { whatWouldChange } from './would-change';

/** Version of the method; it changes whenever the same evidence would be judged otherwise. */
export const METHOD_VERSION = 'decisions/1';

/**
 * Judges a checkpoint. Pure: the same evidence gives the same judgement to the last digit, and both are plain JSON.
 * @throws DecisionInputError for evidence that nobody can have meant (never for too little of it)
 */
export function judge(evidence: CheckpointEvidence): Judgement {
  const decision = decide(evidence);
  const verdicts = decision.verdicts.map(explainVerdict);
  const explained = { ...decision, verdicts };
  return asPlainJson({
    methodVersion: METHOD_VERSION,
    ...explained,
    reason: reasonOf(explained, { compared: evidence.experiment !== undefined }),
    wouldChange: whatWouldChange(explained),
  });
}

/** As JSON would give it back. A number that JSON cannot carry is a mistake of ours, not an answer. */
function asPlainJson(judgement: Judgement): Judgement {
  const text = JSON.stringify(judgement, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new DecisionInputError(key, 'came out as no number', value);
    return value;
  });
  return JSON.parse(text) as Judgement;
}

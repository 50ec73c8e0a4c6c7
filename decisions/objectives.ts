/** Verdicts on objectives, by their forecasts. */
import type { CheckpointEvidence } from './evidence';
import { forecast } from './forecast';
import type { ObjectiveVerdict } from './judgement';
import { shareInWords } from './words';

/** Recorded, unless it is a guardrail with a threshold: then it fails below it, and without a forecast it is inconclusive. */
export function judgeObjectives({ objectives = [] }: Pick<CheckpointEvidence, 'objectives'>): ObjectiveVerdict[] {
  return objectives.map(({ name, role, failBelow, forecast: input }) => {
    const result = forecast(input);
    const acts = role === 'guardrail' && failBelow !== undefined;
    const { probability } = result;
    if (probability === undefined) {
      const reason = `${name}: ${result.reason ?? 'no forecast'}`;
      return { objective: name, verdict: acts ? 'inconclusive' : 'recorded', forecast: result, reason };
    }
    const likely = `${name} is reached with probability ${shareInWords(probability)}`;
    if (!acts) return { objective: name, verdict: 'recorded', forecast: result, reason: likely };
    const reason = `${likely}; at least ${shareInWords(failBelow)} is asked for`;
    return { objective: name, verdict: probability < failBelow ? 'fail' : 'pass', forecast: result, reason };
  });
}

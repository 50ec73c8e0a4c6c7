import type { FrequencyCap } from '../workspace-types';
import { readDuration } from './duration';
import { type Reading, read, unreadable } from './reading';

export const frequencyCapPattern = /^[1-9]\d{0,3} per \d{1,4}[mhdw]$/;

/** Reads `3 per 7d`: at most three messages within any seven days. Rule WORK-703. */
export function readFrequencyCap(text: string): Reading<FrequencyCap> {
  const [limit = '', per = ''] = text.split(' per ');
  const duration = frequencyCapPattern.test(text) ? readDuration(per) : undefined;
  if (!duration?.ok || duration.value === 0) {
    return unreadable('WORK-703', `"${text}" is not a frequency cap`, 'write it as 3 per 7d');
  }
  return read({ limit: Number(limit), per: duration.value });
}

import type { WaveSize } from '../resolved-measuring';
import { percentagePattern, readPercentage, writePercentage } from './percentage';
import { type Reading, read, unreadable } from './reading';

export const waveSizePattern = /^(?:rest|\d{1,3}(?:\.\d{1,2})?%|\d{1,9} members)$/;

/** Reads `10%`, `2000 members` or `rest`. Rule MEAS-805. */
export function readWaveSize(text: string): Reading<WaveSize> {
  if (text === 'rest') return read('rest');
  const count = /^(\d{1,9}) members$/.exec(text);
  if (count && Number(count[1]) > 0) return read({ count: Number(count[1]) });
  if (percentagePattern.test(text)) {
    const share = readPercentage(text);
    if (share.ok && share.value > 0) return read({ share: share.value });
  }
  return unreadable('MEAS-805', `"${text}" is not the size of a wave`, 'write 10%, 2000 members or rest');
}

export function writeWaveSize(size: WaveSize): string {
  if (size === 'rest') return size;
  return 'count' in size ? `${size.count} members` : writePercentage(size.share);
}

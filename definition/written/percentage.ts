import { type Reading, read, unreadable } from './reading';

export const percentagePattern = /^(?:100(?:\.0{1,2})?|\d{1,2}(?:\.\d{1,2})?)%$/;

/** Reads `10%` or `2.5%` as a share of one: 0.1, 0.025. Rule AUD-305. */
export function readPercentage(text: string): Reading<number> {
  if (!percentagePattern.test(text)) {
    return unreadable(
      'AUD-305',
      `"${text}" is not a percentage between 0% and 100%`,
      'write it with the sign, such as 10%',
    );
  }
  const hundredths = Math.round(Number(text.slice(0, -1)) * 100);
  return read(hundredths / 10_000);
}

/** Writes a share of one as a percentage: 0.025 becomes `2.5%`. */
export function writePercentage(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}

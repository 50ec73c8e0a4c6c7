/** There is an answer, and it is that the data do not say: no conversions, an empty arm, no variation. Never NaN. */
export interface Inconclusive {
  status: 'inconclusive';
  /** Plain words, to be shown. */
  reason: string;
}

/** An inconclusive answer with its reason. */
export function inconclusive(reason: string): Inconclusive {
  return { status: 'inconclusive', reason };
}

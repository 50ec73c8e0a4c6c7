/** Forecast of an objective: how likely its target is by the deadline, on what has come so far. */
export interface Forecast {
  status: 'forecast' | 'inconclusive';
  /** Why there is no forecast. */
  reason?: string;
  /** P(target reached by the deadline), in [0,1]. */
  probability?: number;
  /** Expected value at the deadline and the band that holds it with probability 0.8. */
  expected?: number;
  low?: number;
  high?: number;
  method?: 'negative-binomial' | 'compound-normal';
}

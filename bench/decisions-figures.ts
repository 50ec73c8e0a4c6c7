/** Figures of the bench of decisions: simulated shares with their errors, as text. */
export type Say = (line: string) => void;

/** A share of repetitions with its Monte-Carlo standard error. */
export interface SimulatedShare {
  share: number;
  error: number;
}

export function share(count: number, reps: number): SimulatedShare {
  const found = count / reps;
  return { share: found, error: Math.sqrt((found * (1 - found)) / reps) };
}

/** "4.9 %", or a dash for what was not simulated. */
export function perCent(figure: SimulatedShare | undefined): string {
  if (!figure) return '–';
  const value = figure.share * 100;
  return `${value.toFixed(value < 1 ? 2 : 1)} %`;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return [...values].sort((one, two) => one - two)[Math.floor(values.length / 2)] ?? 0;
}

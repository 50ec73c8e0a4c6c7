/** Numbers that cannot have been measured or declared: a negative count, more conversions than people, alpha outside (0,1). */
export class DecisionInputError extends Error {
  override readonly name = 'DecisionInputError';

  constructor(
    /** The input in question, as a path: `arms.b.sum`. */
    readonly input: string,
    /** What it has to be: "is a whole number, 0 or more". */
    readonly rule: string,
    readonly value?: unknown,
  ) {
    super(`${input} ${rule}${typeof value === 'number' ? `, not ${value}` : ''}`);
  }
}

/** Throws unless the value is a finite number. */
export function requireFinite(input: string, value: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new DecisionInputError(input, 'is a finite number', value);
}

/** Throws unless the value is a whole number, 0 or more. */
export function requireCount(input: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new DecisionInputError(input, 'is a whole number, 0 or more', value);
}

/** Throws unless the value is finite and 0 or more. */
export function requireNonNegative(input: string, value: number): void {
  if (!Number.isFinite(value) || value < 0) throw new DecisionInputError(input, 'is 0 or more', value);
}

/** Throws unless the value is finite and above 0. */
export function requirePositive(input: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw new DecisionInputError(input, 'is above 0', value);
}

/** Throws unless the value lies strictly between 0 and 1: a level, a power, a limit of a rate. */
export function requireProbability(input: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new DecisionInputError(input, 'is strictly between 0 and 1', value);
}

/** Throws unless the value lies in [0,1]. */
export function requireShare(input: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new DecisionInputError(input, 'is between 0 and 1', value);
}

/** The result of reading a value as people write it (`15m`, `10%`, `0.0009 EUR`): the value, or which rule it breaks and how. */
export type Reading<T> = { ok: true; value: T } | { ok: false; rule: string; message: string; fix?: string };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function unreadable(rule: string, message: string, fix?: string): Reading<never> {
  return { ok: false, rule, message, fix };
}

/** What one look at the machine found. */
export interface Finding {
  name: string;
  ok: boolean;
  /** What was found, in one line, without secrets. */
  detail: string;
  /** What to do; present when not ok. */
  fix?: string;
}

export function healthy(name: string, detail: string): Finding {
  return { name, ok: true, detail };
}

export function unhealthy(name: string, detail: string, fix: string): Finding {
  return { name, ok: false, detail, fix };
}

/** First line of an error's innermost message, for a table. */
export function inOneLine(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  if ('cause' in error && error.cause) return inOneLine(error.cause);
  return String(error.message).split('\n', 1)[0] || String('code' in error ? error.code : error);
}

import { type Reading, read, unreadable } from './reading';

const known = new Map<string, string | undefined>();

/** The IANA zone this name stands for in its usual spelling, or undefined. Fixed offsets (`+02:00`) are not zones. */
export function knownTimeZone(name: string): string | undefined {
  if (known.has(name)) return known.get(name);
  const zone = /^[A-Za-z][A-Za-z0-9_+\-/]{1,63}$/.test(name) ? spelling(name) : undefined;
  if (known.size < 2000) known.set(name, zone);
  return zone;
}

function spelling(name: string): string | undefined {
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    return resolved.toLowerCase() === name.toLowerCase() ? resolved : name;
  } catch {
    return undefined;
  }
}

/** Reads an IANA time zone such as `Europe/Madrid`. Rule TIME-205. */
export function readTimeZone(text: string): Reading<string> {
  const zone = knownTimeZone(text);
  return zone === undefined
    ? unreadable('TIME-205', `"${text}" is not a time zone`, 'use an IANA name such as Europe/Madrid')
    : read(zone);
}

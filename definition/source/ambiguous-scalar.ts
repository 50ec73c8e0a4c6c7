/** Unquoted values that YAML 1.1 programs, YAML 1.2 programs and people read differently. */

const ambiguities: readonly { pattern: RegExp; reading: (text: string) => string }[] = [
  {
    pattern: /^(?:y|n|yes|no|on|off)$/i,
    reading: (text) => `some programs read ${text} as ${/^(?:y|yes|on)$/i.test(text) ? 'true' : 'false'}`,
  },
  { pattern: /^[-+]?0\d[\d_]*$/, reading: () => 'some programs read a number with a leading zero as octal' },
  { pattern: /^[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?$/, reading: () => 'some programs read it as a number to base 60' },
  { pattern: /^[-+]?(?:\d+\.?\d*|\.\d+)e[-+]?\d+$/i, reading: () => 'some programs read it as a number, some as text' },
  { pattern: /^[-+]?0[xob][\da-f_]+$/i, reading: () => 'some programs read it as a number, some as text' },
  { pattern: /^[-+]?\d[\d]*_[\d_]*$/, reading: () => 'some programs read it as a number, some as text' },
  { pattern: /^[-+]?\.(?:inf|nan)$/i, reading: () => 'it is not a finite number' },
  { pattern: /^\d{4}-\d{1,2}-\d{1,2}$/, reading: () => 'some programs read it as a date' },
];

/** Why this unquoted scalar is refused, or undefined when everybody reads it alike. */
export function ambiguityOf(source: string): string | undefined {
  return ambiguities.find(({ pattern }) => pattern.test(source))?.reading(source);
}

/** Definitions are hostile input: how large and how deep anything in a campaign's folder may be. */
export const limits = {
  definitionBytes: 256 * 1024,
  templateBytes: 512 * 1024,
  csvBytes: 20 * 1024 * 1024,
  depth: 32,
  /** Lexical tokens; bounds the time that parsing takes. */
  tokens: 40_000,
  indentation: 256,
  aliases: 20,
  /** Values after following aliases. */
  values: 20_000,
  problems: 200,
} as const;

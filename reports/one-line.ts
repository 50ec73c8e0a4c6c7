/** Names and notes are other people's words: no line of theirs may look like a line of ours, or steer a terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trimEnd();
}

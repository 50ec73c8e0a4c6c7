/**
 * Quoted-printable (RFC 2045 §6.7) in chunks that can be encoded apart and joined afterwards: each chunk begins and ends
 * at the start of a line, because a soft line break (`=` CRLF) may stand anywhere.
 */

/** A line has at most 76 characters including the `=` of a soft break. */
const maxText = 75;
const oneSafeLine = /^[\x20-\x3c\x3e-\x7e]{1,75}$/;

const lineFeed = 0x0a;
const space = 0x20;
const tab = 0x09;
const equals = 0x3d;

/** ASCII text whose decoding is `text` in UTF-8, with LF as CRLF. */
export function encodeChunk(text: string): string {
  return text === '' ? '' : oneSafeLine.test(text) ? `${text}=\r\n` : encodeBytes(Buffer.from(text));
}

function encodeBytes(bytes: Buffer): string {
  let done = '';
  let line = '';
  for (const byte of bytes) {
    if (byte === lineFeed) {
      done += `${withoutTrailingSpace(line)}\r\n`;
      line = '';
      continue;
    }
    const literal = byte === space || byte === tab || (byte > space && byte < 0x7f && byte !== equals);
    const token = literal ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (line.length + token.length > maxText) {
      done += `${line}=\r\n`;
      line = '';
    }
    line += token;
  }
  return line === '' ? done : `${done}${line}=\r\n`;
}

/** Relays may cut white space before a line end, so it never stands there as itself. */
function withoutTrailingSpace(line: string): string {
  const last = line.at(-1);
  if (last !== ' ' && last !== '\t') return line;
  const kept = line.slice(0, -1);
  const encoded = last === ' ' ? '=20' : '=09';
  return kept.length + encoded.length > maxText + 1 ? `${kept}=\r\n${encoded}` : kept + encoded;
}

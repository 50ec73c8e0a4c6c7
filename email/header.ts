/**
 * Text on its way into a header field (RFC 5322 §2.2, RFC 2047): whatever comes in, one field comes out.
 * CR, LF, NUL and every other control character become a space before anything is encoded.
 */

/** RFC 5322 §2.1.1: a line has at most 998 characters without its CRLF. */
export const maxLineLength = 998;

const controls = /[\p{Cc}\u2028\u2029]+/gu;
const loneSurrogates = /\p{Cs}/gu;
const plain = /^[\x20-\x7e]*$/;
/** RFC 2047 §2: a line that holds an encoded word has at most 76 characters, the field's name included. */
const maxEncodedWordBytes = 39;
const foldAt = 76;

/** One line of text: control characters and line ends become single spaces, the ends are trimmed. */
export function oneLine(text: string): string {
  return text.replace(controls, ' ').replace(loneSurrogates, '\ufffd').trim();
}

/**
 * An unstructured value such as a subject. ASCII stays as it is, folded at spaces; everything else becomes RFC 2047
 * encoded words. `fieldName` counts towards the first line's length.
 */
export function encodeUnstructured(fieldName: string, text: string): string {
  const value = oneLine(text);
  if (plain.test(value) && !value.includes('=?')) {
    const folded = fold(value, fieldName.length + 2);
    if (folded !== undefined) return folded;
  }
  return encodedWords(value);
}

/** A display name before an address: an atom sequence, a quoted string or encoded words, whichever is needed. */
export function encodeDisplayName(name: string): string {
  const value = oneLine(name);
  if (!plain.test(value) || value.includes('=?') || value.length > foldAt - 8) return encodedWords(value);
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*$/.test(value)) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 5322 §3.3, always in UTC. */
export function encodeDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** Undefined where a line cannot be kept within the limits by folding at spaces. */
function fold(value: string, used: number): string | undefined {
  if (used + value.length <= foldAt) return value;
  let line = used;
  let folded = '';
  for (const word of value.split(/(?= (?! ))/)) {
    if (word.length > (folded === '' ? foldAt - used : foldAt)) return undefined;
    if (line + word.length > foldAt) {
      folded += `\r\n${word}`;
      line = word.length;
    } else {
      folded += word;
      line += word.length;
    }
  }
  return folded;
}

function encodedWords(value: string): string {
  const words: string[] = [];
  let word = '';
  let bytes = 0;
  for (const character of value) {
    const size = Buffer.byteLength(character);
    if (bytes + size > maxEncodedWordBytes) {
      words.push(word);
      word = '';
      bytes = 0;
    }
    word += character;
    bytes += size;
  }
  if (word !== '' || words.length === 0) words.push(word);
  return words.map((text) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`).join('\r\n ');
}

import { isUtf8 } from 'node:buffer';
import { VolanteError } from '../errors/volante-error';
import { limits } from './source/limits';
import { readOwnFile } from './source/own-file';
import { startOfFile } from './source/place';
import type { ProblemList } from './source/problem-list';

/**
 * Reads a definition file as text. Undefined, with a problem, when it is too large, a link or not UTF-8.
 * @throws VolanteError VOL-101 when there is no such file
 */
export function readDefinitionText(path: string, problems: ProblemList): string | undefined {
  const file = readOwnFile(path, limits.definitionBytes);
  if (file.fault === undefined) return decode(file.content, problems);
  if (file.fault === 'link') {
    problems.add({ rule: 'SEC-607', message: 'the definition itself is a symbolic link', place: startOfFile });
  } else if (file.fault === 'too large') {
    const message = `the file has ${file.size} bytes; at most ${limits.definitionBytes} are allowed`;
    problems.add({ rule: 'SEC-601', message, place: startOfFile });
  } else throw new VolanteError('VOL-101', { message: `${problems.file} ${file.fault}` });
  return undefined;
}

/** Text of a definition's bytes; a byte order mark is dropped. */
export function decode(bytes: Uint8Array, problems: ProblemList): string | undefined {
  if (isUtf8(bytes)) return new TextDecoder('utf-8').decode(bytes);
  const wrong = firstInvalid(bytes);
  const line = bytes.subarray(0, wrong).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 1);
  const column = wrong - bytes.lastIndexOf(0x0a, Math.max(0, wrong - 1));
  problems.add({
    rule: 'DEF-013',
    message: 'a byte here is not UTF-8',
    place: { line, column: Math.max(1, column), endColumn: Math.max(1, column) },
  });
  return undefined;
}

/** Length of the longest prefix that is UTF-8. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isUtf8Prefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A character cut in the middle still counts as good. */
function isUtf8Prefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

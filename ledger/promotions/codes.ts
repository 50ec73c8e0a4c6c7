/**
 * Codes that nobody guesses and nobody mistypes unnoticed: eleven letters by the system's random generator (49 bits) and a
 * check letter, none of which looks like another.
 */
import { randomFillSync } from 'node:crypto';

/** Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: read aloud or off paper, each is itself. Their number is a prime. */
export const codeLetters = 'ACDEFGHJKMNPQRTWXY34679';
/** Letters of a code, the check letter last. */
export const codeLength = 12;

const count = codeLetters.length;
/** Bytes from here on would make the first letters likelier. */
const unfair = 256 - (256 % count);
/** 12 times this is 1 modulo 23. */
const inverseOfLength = 2;

/** Distinct codes, without hyphens. */
export function makeCodes(wanted: number): string[] {
  const codes = new Set<string>();
  const next = randomLetters();
  while (codes.size < wanted) {
    const letters: number[] = [];
    for (let place = 1; place < codeLength; place += 1) letters.push(next());
    codes.add([...letters, checkLetter(letters)].map((letter) => codeLetters[letter]).join(''));
  }
  return [...codes];
}

/** Numbers of letters, each equally likely. */
function randomLetters(): () => number {
  const pool = Buffer.alloc(8192);
  let at = pool.length;
  return () => {
    for (;;) {
      if (at === pool.length) {
        randomFillSync(pool);
        at = 0;
      }
      const byte = pool[at] ?? unfair;
      at += 1;
      if (byte < unfair) return byte % count;
    }
  };
}

/**
 * The sum of place times letter, over all twelve, is 0 modulo 23: every wrong letter and every two that changed places show,
 * because places and their differences are never 0 modulo 23.
 */
function checkLetter(letters: readonly number[]): number {
  const sum = letters.reduce((total, letter, index) => total + (index + 1) * letter, 0);
  return (((-sum * inverseOfLength) % count) + count) % count;
}

/** Whether a text has the form of a code of ours and its check letter is right. */
export function isWhole(code: string): boolean {
  const letters = [...code].map((letter) => codeLetters.indexOf(letter));
  if (letters.length !== codeLength || letters.includes(-1)) return false;
  return letters.reduce((sum, letter, index) => sum + (index + 1) * letter, 0) % count === 0;
}

/** Whether it can only be a code of ours that was mistyped. */
export function looksMistyped(code: string): boolean {
  return code.length === codeLength && !isWhole(code);
}

/** A code as people type it, as the ledger keeps it. */
export function plainCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s\-\u2010-\u2015]+/g, '');
}

/** As people read it: K7QM-XXAA-39FD. */
export function shownCode(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? code;
}

import fc from 'fast-check';
import {
  codeLength,
  codeLetters,
  isWhole,
  looksMistyped,
  makeCodes,
  plainCode,
  shownCode,
} from '../../ledger/promotions/codes';
import { discountOf } from '../../ledger/promotions/discount';

const codes = makeCodes(2_000);
const anyCode = fc.constantFrom(...codes);
const place = fc.nat(codeLength - 1);

test('letters look like no other, and every code has the form and a right check letter', () => {
  expect(codeLetters).not.toMatch(/[0O1IL2Z5S8BUV]/);
  expect(new Set(codes).size).toBe(codes.length);
  expect(codes.every((code) => isWhole(code))).toBe(true);
});

test('each of eleven places takes every letter about equally often', () => {
  const expected = codes.length / codeLetters.length;
  for (let at = 0; at < codeLength - 1; at += 1)
    for (const letter of codeLetters) {
      const count = codes.filter((code) => code[at] === letter).length;
      expect(Math.abs(count - expected)).toBeLessThan(7 * Math.sqrt(expected));
    }
});

test('every single wrong letter shows', () => {
  fc.assert(
    fc.property(anyCode, place, fc.constantFrom(...codeLetters), (code, at, letter) => {
      fc.pre(code[at] !== letter);
      const wrong = code.slice(0, at) + letter + code.slice(at + 1);
      return !isWhole(wrong) && looksMistyped(wrong);
    }),
    { numRuns: 2_000 },
  );
});

test('every two letters that changed places show', () => {
  fc.assert(
    fc.property(anyCode, place, place, (code, a, b) => {
      fc.pre(code[a] !== code[b]);
      const letters = [...code];
      [letters[a], letters[b]] = [letters[b] ?? '', letters[a] ?? ''];
      return !isWhole(letters.join(''));
    }),
    { numRuns: 2_000 },
  );
});

test('as people write it, it is the same code', () => {
  for (const code of codes.slice(0, 200)) {
    expect(plainCode(shownCode(code))).toBe(code);
    expect(plainCode(` ${shownCode(code).toLowerCase().replaceAll('-', '– ')} `)).toBe(code);
  }
});

describe('a discount', () => {
  const money = (micros: number) => ({ currency: 'EUR', micros });
  const cents = fc.integer({ min: 0, max: 10_000_000 }).map((count) => count * 10_000);

  test('never costs more than its worth or the basket, and is what can be paid', () => {
    fc.assert(
      fc.property(cents, cents, fc.integer({ min: 1, max: 10_000 }), (basket, worth, hundredths) => {
        const terms = { discount: { kind: 'percent' as const, share: hundredths / 10_000 }, worth: money(worth) };
        const found = discountOf(terms, { basket: money(basket) });
        if ('refused' in found) throw new Error(found.refused);
        return found.micros <= worth && found.micros <= basket && found.micros % 10_000 === 0;
      }),
    );
  });

  test.each([
    [0.15, 39_990_000, 5_990_000],
    [0.07, 100_000_000, 7_000_000],
    [0.29, 100_000_000, 20_000_000],
    [1, 1_000_000, 1_000_000],
  ])('%d of %d micros is %d', (share, basket, expected) => {
    const terms = { discount: { kind: 'percent' as const, share }, worth: money(20_000_000) };
    expect(discountOf(terms, { basket: money(basket) })).toEqual({ micros: expected });
  });
});

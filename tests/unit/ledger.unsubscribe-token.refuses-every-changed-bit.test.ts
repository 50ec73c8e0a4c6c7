import fc from 'fast-check';
import { readUnsubscribeToken, unsubscribeToken } from '../../ledger/unsubscribe-token';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const link = fc.record({
  contactId: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  runNo: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
});

test('what was signed is read back', () => {
  fc.assert(
    fc.property(link, key, (subject, secret) => {
      const token = unsubscribeToken(subject, secret);
      expect(token).toMatch(/^[0-9a-z.]+\.[A-Za-z0-9_-]{22}$/);
      expect(readUnsubscribeToken(token, secret)).toEqual(subject);
    }),
    { numRuns: 1_000 },
  );
});

test('every bit of it counts', () => {
  fc.assert(
    fc.property(link, key, (subject, secret) => {
      const token = Buffer.from(unsubscribeToken(subject, secret), 'latin1');
      for (let bit = 0; bit < token.length * 8; bit += 1) {
        const changed = Buffer.from(token);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(readUnsubscribeToken(changed.toString('latin1'), secret)).toBeUndefined();
      }
    }),
    { numRuns: 200 },
  );
});

test("another key's, another person's or another run's signature is refused", () => {
  fc.assert(
    fc.property(link, link, key, key, (one, other, secret, stranger) => {
      fc.pre(secret !== stranger && (one.contactId !== other.contactId || one.runNo !== other.runNo));
      const token = unsubscribeToken(one, secret);
      expect(readUnsubscribeToken(token, stranger)).toBeUndefined();
      const mixed = [...unsubscribeToken(other, secret).split('.').slice(0, 2), token.split('.')[2]].join('.');
      expect(readUnsubscribeToken(mixed, secret)).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test('anything else is refused without a word', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.stringMatching(/^[0-9a-z]{0,14}\.[0-9a-z]{0,8}\.[A-Za-z0-9_-]{20,23}$/),
        fc.constantFrom('', '.', '..', '1.1.', `1.1.${'A'.repeat(22)}`, `1.1.${'A'.repeat(22)}\n`),
      ),
      key,
      (text, secret) => expect(readUnsubscribeToken(text, secret)).toBeUndefined(),
    ),
    { numRuns: 2_000 },
  );
});

test('more text, other case or the same number written otherwise is another token', () => {
  fc.assert(
    fc.property(link, key, (subject, secret) => {
      const token = unsubscribeToken(subject, secret);
      for (const changed of [
        `${token}A`,
        `0${token}`,
        ` ${token}`,
        `${token}\n`,
        token.toUpperCase(),
        token.slice(0, -1),
      ])
        if (changed !== token) expect(readUnsubscribeToken(changed, secret)).toBeUndefined();
    }),
  );
});

import fc from 'fast-check';
import { clickToken, readClickToken, stepMark } from '../../ledger/click-token';
import { unsubscribeToken } from '../../ledger/unsubscribe-token';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const delivery = fc.record({
  runNo: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  stepMark: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map(stepMark),
  seq: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
});

test('what was signed is read back, and fits into a short link', () => {
  fc.assert(
    fc.property(delivery, key, (subject, secret) => {
      const token = clickToken(subject, secret);
      expect(token).toMatch(/^[0-9a-z]+\.[\w-]{6}\.[0-9a-z]+\.[\w-]{22}$/);
      expect(token.length).toBeLessThanOrEqual(43);
      expect(readClickToken(token, secret)).toEqual(subject);
    }),
    { numRuns: 1_000 },
  );
});

test('every bit of it counts', () => {
  fc.assert(
    fc.property(delivery, key, (subject, secret) => {
      const token = Buffer.from(clickToken(subject, secret), 'latin1');
      for (let bit = 0; bit < token.length * 8; bit += 1) {
        const changed = Buffer.from(token);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(readClickToken(changed.toString('latin1'), secret)).toBeUndefined();
      }
    }),
    { numRuns: 200 },
  );
});

test("another key's, another delivery's or another purpose's signature is refused", () => {
  fc.assert(
    fc.property(delivery, delivery, key, key, (one, other, secret, stranger) => {
      fc.pre(secret !== stranger && JSON.stringify(one) !== JSON.stringify(other));
      const token = clickToken(one, secret);
      expect(readClickToken(token, stranger)).toBeUndefined();
      const mixed = [...clickToken(other, secret).split('.').slice(0, 3), token.split('.')[3]].join('.');
      expect(readClickToken(mixed, secret)).toBeUndefined();
      const unsubscribing = unsubscribeToken({ contactId: String(one.seq), runNo: one.runNo }, secret);
      expect(readClickToken(unsubscribing, secret)).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});

test('anything else is refused without a word', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.stringMatching(/^[0-9a-z]{0,7}\.[\w-]{5,7}\.[0-9a-z]{0,7}\.[\w-]{20,23}$/),
        fc.constantFrom('', '...', `1.aaaaaa.1.${'A'.repeat(22)}`, `1.aaaaaa.1.${'A'.repeat(22)}\n`),
      ),
      key,
      (text, secret) => expect(readClickToken(text, secret)).toBeUndefined(),
    ),
    { numRuns: 2_000 },
  );
});

import fc from 'fast-check';
import { audienceConditionFaults, compileAudience } from '../../definition/audience-condition';
import { compileCondition, stepConditionFaults } from '../../definition/step-condition';

const kinds = (where: string) => audienceConditionFaults(where).map(({ kind }) => kind);

test.each([
  ['contact.country == "ES" && contact.orders > 0', { country: 'ES', orders: 3 }, true],
  ['contact.country == "ES" && contact.orders > 0', { country: 'PT', orders: 3 }, false],
  ['contact.orders == 3', { orders: 3 }, true],
  ['contact.orders > 2.5', { orders: 3 }, true],
  ['contact.spent >= 10', { spent: 10.5 }, true],
  ['contact.tags.exists(tag, tag == "vip")', { tags: ['new', 'vip'] }, true],
  ['contact.createdAt < timestamp("2026-01-01T00:00:00Z")', { createdAt: new Date('2025-05-01') }, true],
  ['has(contact.country) && contact.country in ["ES", "PT"]', {}, false],
  ['contact.locale.startsWith("es")', { locale: 'es-MX' }, true],
])('%s of %j is %s', (where, contact, expected) => {
  expect(kinds(where)).toEqual([]);
  expect(compileAudience(where)(contact)).toBe(expected);
});

test('without a condition everybody is meant', () => {
  expect(compileAudience(undefined)({})).toBe(true);
});

test('what cannot be decided says why, in the words of the condition only', () => {
  const ask = compileAudience('contact.orders > 0');
  expect(ask({})).toEqual({ undecidable: 'a value is missing at "orders"' });
  expect(ask({ orders: 'many' })).toEqual({ undecidable: 'a value is of the wrong kind at "contact.orders > 0"' });
  expect(compileAudience('contact.vip')({ vip: 'yes' })).toEqual({ undecidable: 'the condition is not true or false' });
});

test('no reason ever repeats a value of the contact', () => {
  const secret = 'ana.garcia-4711';
  const wheres = [
    'contact.a > 0',
    'contact[contact.a] == 1',
    'timestamp(contact.a) > timestamp("2020-01-01T00:00:00Z")',
    'int(contact.a) > 0',
    'contact.a.b == 1',
    'size(contact.b) > 0',
    'contact.a',
  ];
  for (const where of wheres) {
    expect(JSON.stringify(compileAudience(where)({ a: secret, b: 1 }))).not.toContain(secret);
  }
});

test('personal fields are refused where they are written, and not handed over where they are not', () => {
  for (const where of [
    'contact.email == "a"',
    'contact["email"] == "a"',
    'contact.firstName == "Ana"',
    'has(contact.phone)',
    'contact.e_mail == "a"',
  ]) {
    expect(kinds(where)).toContain('personal');
    expect(() => compileAudience(where)).toThrow(RangeError);
  }
  const sneaky = compileAudience('contact["ema" + "il"] == "ana@shop.example"');
  expect(sneaky({ email: 'ana@shop.example' })).toEqual({ undecidable: expect.stringContaining('missing') });
  expect(compileAudience('contact.exists(key, key == "email")')({ email: 'x', orders: 1 })).toBe(false);
});

test.each([
  ['contact.orders >', 'syntax', 16],
  ['orders > 1', 'type', 0],
  ['contact.orders + 1', 'type', 0],
  ['1 + "a" == 2', 'type', 0],
  ['contact.city.matches("(a+)+$")', 'function', 0],
  ['["x"].exists(t, t.matches("a"))', 'function', 16],
])('%s has a fault: %s at %i', (where, kind, start) => {
  expect(audienceConditionFaults(where)[0]).toMatchObject({ kind, start });
});

test('size and depth are bounded', () => {
  expect(kinds(`contact.a == ${'('.repeat(200)}1${')'.repeat(200)}`)).toEqual(['syntax']);
  expect(kinds(Array.from({ length: 600 }, () => 'contact.a == 1').join(' || '))).toEqual(['syntax']);
});

test('no text crashes the compiler, and every fault has a place inside it', () => {
  const words = fc.constantFrom(
    'contact',
    '.',
    'orders',
    '==',
    '&&',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    '1',
    '?',
    ':',
    '!',
    '{',
    '}',
    ',',
    'in',
    'has',
    '\\',
    'matches',
    ' ',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(words, { maxLength: 25 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(texts, (where) => {
      for (const { start, end, message } of audienceConditionFaults(where)) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(where.length);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(message).not.toBe('');
      }
    }),
    { numRuns: 3000 },
  );
});

test('conditions of steps see the run and the books of the steps they need', () => {
  const books = {
    targeted: 5,
    sent: 3,
    heldOut: 0,
    suppressed: 0,
    unconsented: 0,
    capped: 0,
    late: 0,
    invalid: 0,
    failed: 2,
    inDoubt: 0,
    cancelled: 0,
    open: 0,
  };
  const facts = {
    run: { campaign: 'spring-sale', members: 10 },
    steps: { offer: { state: 'done' as const, books }, content: { state: 'done' as const } },
  };
  expect(compileCondition('steps["offer"].sent > 2 && run.members == 10')(facts)).toBe(true);
  expect(compileCondition('steps.offer.failed * 2 > steps.offer.sent')(facts)).toBe(true);
  expect(compileCondition('steps.content.state == "done" && steps.content.sent == 0')(facts)).toBe(true);
  expect(compileCondition('steps.later.sent > 0')(facts)).toEqual({ undecidable: 'a value is missing at "later"' });
});

test('conditions of steps are checked against what they may look at', () => {
  const faults = (expression: string) => stepConditionFaults(expression, { upstream: ['offer'] });
  expect(faults('steps["offer"].sent > 2 && run.members > 1')).toEqual([]);
  expect(faults('steps.later.sent > 2')).toMatchObject([{ kind: 'order' }]);
  expect(faults('steps.offer.opened > 2')).toMatchObject([{ kind: 'type' }]);
  expect(faults('run.phase == "sending"')).toMatchObject([{ kind: 'type' }]);
  expect(faults('contact.orders > 1')).toMatchObject([{ kind: 'type' }]);
});

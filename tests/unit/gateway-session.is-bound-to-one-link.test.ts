import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { isFromOwnPage } from '../../gateway/approval/same-origin';
import { createSessions } from '../../gateway/approval/session';

const key = '5a'.repeat(32);
const keeper = createSessions({ secretKey: key, https: false });
const now = new Date('2027-04-01T10:00:00Z');
const plan = 'ab'.repeat(32);
const cookieOf = (header: string) => header.split(';')[0] ?? '';
const link = randomUUID();
const cookie = cookieOf(keeper.open(link, now));

test('opens its own link for one hour', () => {
  expect(keeper.read(link, cookie, now)).toBeDefined();
  expect(keeper.read(link, `other=1; ${cookie}; last=2`, new Date(now.getTime() + 3_599_000))).toBeDefined();
  expect(keeper.read(link, cookie, new Date(now.getTime() + 3_600_000))).toBeUndefined();
});

test('no two sessions are alike, and a form of one is none of another', () => {
  const other = cookieOf(keeper.open(link, now));
  expect(other).not.toBe(cookie);
  const [mine, theirs] = [keeper.read(link, cookie, now), keeper.read(link, other, now)];
  const token = mine?.formToken(plan) ?? '';
  expect(mine?.isFormToken(token, plan)).toBe(true);
  expect(mine?.isFormToken(token, 'cd'.repeat(32))).toBe(false);
  expect(theirs?.isFormToken(token, plan)).toBe(false);
});

test('whatever else a Cookie header says opens nothing', () => {
  const name = cookie.slice(0, cookie.indexOf('=') + 1);
  const value = cookie.slice(name.length);
  const noise = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .tuple(fc.nat(value.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, text]) => value.slice(0, at) + text + value.slice(at + 1)),
    fc.constantFrom(value.slice(1), value.slice(0, -1), `${value}A`, ` ${value}x`, value.toLowerCase()),
  );
  fc.assert(
    fc.property(noise, (text) => {
      fc.pre(text.trim() !== value && !text.includes(';'));
      expect(keeper.read(link, name + text, now)).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test('a session is of no use for another link, under another key, or beside a second of its name', () => {
  const other = randomUUID();
  expect(keeper.read(other, cookie, now)).toBeUndefined();
  expect(keeper.read(other, cookie.replace(link, other), now)).toBeUndefined();
  expect(createSessions({ secretKey: '5b'.repeat(32), https: false }).read(link, cookie, now)).toBeUndefined();
  expect(keeper.read(link, `${cookie}; ${cookie}`, now)).toBeUndefined();
  expect(createSessions({ secretKey: key, https: true }).read(link, cookie, now)).toBeUndefined();
});

const base = 'https://mail.shop.example';

test.each<[boolean, string | undefined, string | undefined]>([
  [true, 'same-origin', 'null'],
  [true, 'same-origin', undefined],
  [true, 'same-origin', base],
  [true, undefined, base],
  [false, 'same-origin', 'https://evil.example'],
  [false, 'same-origin', `${base}.evil.example`],
  [false, 'same-origin', 'http://mail.shop.example'],
  [false, 'same-site', base],
  [false, 'cross-site', base],
  [false, 'none', base],
  [false, 'none', undefined],
  [false, '', base],
  [false, 'Same-Origin', base],
  [false, undefined, 'null'],
  [false, undefined, undefined],
  [false, undefined, `${base}:8443`],
])('from our own page: %s with Sec-Fetch-Site %s and Origin %s', (expected, site, origin) => {
  expect(isFromOwnPage({ 'sec-fetch-site': site, origin }, base)).toBe(expected);
});

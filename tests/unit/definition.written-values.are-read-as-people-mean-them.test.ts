import fc from 'fast-check';
import { readCron } from '../../definition/written/cron';
import { readDuration, writeDuration } from '../../definition/written/duration';
import { readFrequencyCap } from '../../definition/written/frequency-cap';
import { placeInZone, readLocalTime } from '../../definition/written/local-time';
import { readMoney, writeMoney } from '../../definition/written/money';
import { readPercentage, writePercentage } from '../../definition/written/percentage';
import { readQuietHours } from '../../definition/written/quiet-hours';
import { readRate } from '../../definition/written/rate';
import type { Reading } from '../../definition/written/reading';
import { readTimeZone } from '../../definition/written/time-zone';

const value = <T>(reading: Reading<T>) => (reading.ok ? reading.value : `refused by ${reading.rule}`);

test.each([
  ['15m', 900_000],
  ['6h', 21_600_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['1d 12h', 129_600_000],
  ['30s', 30_000],
])('duration %s', (text, expected) => {
  expect(value(readDuration(text))).toBe(expected);
});

test.each(['', '15', '15 min', '-1h', '1.5h', '12h 1d', '1h 1h', '900w', 'PT1H', '1h\n'])('no duration: %j', (text) => {
  expect(value(readDuration(text))).toBe('refused by TIME-201');
});

test('a duration written is the duration read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60_000_000 }), (seconds) => {
      expect(value(readDuration(writeDuration(seconds * 1000)))).toBe(seconds * 1000);
    }),
  );
});

test.each([
  ['10%', 0.1],
  ['2.5%', 0.025],
  ['0%', 0],
  ['100%', 1],
  ['33.33%', 0.3333],
])('percentage %s', (text, expected) => {
  expect(value(readPercentage(text))).toBe(expected);
  expect(writePercentage(expected)).toBe(text);
});

test.each(['10', '101%', '-1%', '1e1%', '10 %', '%', '٣%'])('no percentage: %j', (text) => {
  expect(value(readPercentage(text))).toBe('refused by AUD-305');
});

test.each([
  ['0.0009 EUR', 900, '0.0009 EUR'],
  ['24000 EUR', 24_000_000_000, '24000.00 EUR'],
  ['1.5 USD', 1_500_000, '1.50 USD'],
  ['0.000001 EUR', 1, '0.000001 EUR'],
])('money %s', (text, micros, shown) => {
  const money = readMoney(text);
  expect(value(money)).toEqual({ currency: text.slice(-3), micros });
  if (money.ok) expect(writeMoney(money.value)).toBe(shown);
});

test('money written is the money read, to the millionth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (micros) => {
      expect(value(readMoney(writeMoney({ currency: 'EUR', micros })))).toEqual({ currency: 'EUR', micros });
    }),
  );
});

test.each(['1,50 EUR', '1 eur', '1EUR', '0.0000001 EUR', '-1 EUR', '1e3 EUR'])('no money: %j', (text) => {
  expect(value(readMoney(text))).toBe('refused by WORK-704');
});

test('rates, caps and quiet hours', () => {
  expect(value(readRate('200/s'))).toBe(200);
  expect(value(readRate('600/min'))).toBe(10);
  expect(value(readRate('0/s'))).toBe('refused by WORK-702');
  expect(value(readFrequencyCap('3 per 7d'))).toEqual({ limit: 3, per: 604_800_000 });
  expect(value(readFrequencyCap('0 per 7d'))).toBe('refused by WORK-703');
  expect(value(readFrequencyCap('3 per 0d'))).toBe('refused by WORK-703');
  expect(value(readQuietHours('21:00-08:30'))).toEqual({ from: '21:00', to: '08:30' });
  expect(value(readQuietHours('21:00-24:00'))).toBe('refused by TIME-208');
  expect(value(readQuietHours('21:00-21:00'))).toBe('refused by TIME-208');
});

test.each(['0 9 * * MON', '*/15 8-20 * * 1-5', '0 0 1,15 * *', '5 4 * jan-mar sun', '0 0 29 2 *', '0 0 31 2 MON'])(
  'cron %s',
  (text) => {
    expect(value(readCron(text))).toBe(text);
  },
);

test.each([
  '0 9 * *',
  '* * * * * *',
  '@daily',
  'CRON_TZ=UTC 0 9 * * *',
  '60 * * * *',
  '0 24 * * *',
  '0 0 0 * *',
  '0 0 * 13 *',
  '0 0 * * 7',
  '0 0 L * *',
  '0 0 ? * *',
  '0 0 30 2 *',
  '0 0 31 4,6 *',
  '5-1 * * * *',
  '*/0 * * * *',
  '*-5 * * * *',
  '1,,2 * * * *',
])('no cron: %s', (text) => {
  expect(value(readCron(text))).toBe('refused by TIME-207');
});

test('local times are placed in their zone; gaps are refused with the time meant, overlaps are told', () => {
  const place = (local: string, zone = 'Europe/Madrid') => placeInZone(local, zone);
  expect(value(place('2027-04-01T09:00:00'))).toEqual({ instant: '2027-04-01T07:00:00.000Z' });
  const gap = place('2027-03-28T02:30:00');
  expect(gap).toMatchObject({ ok: false, rule: 'TIME-203', fix: 'write 2027-03-28T03:30' });
  expect(value(place('2027-10-31T02:30:00'))).toEqual({
    instant: '2027-10-31T00:30:00.000Z',
    second: '2027-10-31T01:30:00.000Z',
  });
  expect(value(place('2027-04-04T01:45:00', 'Australia/Lord_Howe'))).toEqual({
    instant: '2027-04-03T14:45:00.000Z',
    second: '2027-04-03T15:15:00.000Z',
  });
});

test.each([
  '2027-04-01',
  '2027-04-01 09:00',
  '2027-04-01T09:00Z',
  '2027-04-01T09:00+02:00',
  '2027-02-29T09:00',
  '2027-04-01T24:00',
  '2027-13-01T00:00',
])('no local time: %s', (text) => {
  expect(value(readLocalTime(text))).toBe('refused by TIME-202');
});

test('zones by name only, in their usual spelling', () => {
  expect(value(readTimeZone('europe/madrid'))).toBe('Europe/Madrid');
  expect(value(readTimeZone('Asia/Kolkata'))).toBe('Asia/Kolkata');
  for (const text of ['+02:00', 'Europe/Madird', '', '../etc/passwd', 'UTC+2']) {
    expect(value(readTimeZone(text))).toBe('refused by TIME-205');
  }
});

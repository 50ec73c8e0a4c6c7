import type { Rule } from './rule';

const wait = (fields: string) => `steps:\n  - id: rest\n    ${fields}`;
const inMadrid = (fields: string) => `schedule: { timezone: Europe/Madrid, ${fields} }`;

/** TIME: when things happen. */
export const timeRules: readonly Rule[] = [
  {
    id: 'TIME-201',
    severity: 'error',
    title: 'not a duration',
    why: 'durations are a number and a unit: s, m, h, d (24 hours) or w',
    fix: 'write it as 15m, 6h, 2d, 1w or 1d 12h',
    example: { fail: wait('wait: { for: 2 days }'), pass: wait('wait: { for: 2d }') },
  },
  {
    id: 'TIME-202',
    severity: 'error',
    title: 'not a local date and time',
    why: 'times are written as on the wall clock of schedule.timezone',
    fix: 'write date and time, such as 2027-04-01T09:00',
    example: { fail: inMadrid('start: 2027-02-30T09:00'), pass: inMadrid('start: 2027-02-28T09:00') },
  },
  {
    id: 'TIME-203',
    severity: 'error',
    title: 'time does not exist',
    why: 'the clocks go forward over it (daylight saving), so no clock ever shows it',
    fix: 'choose a time that the clocks show',
    example: { fail: inMadrid('start: 2027-03-28T02:30'), pass: inMadrid('start: 2027-03-28T03:30') },
  },
  {
    id: 'TIME-204',
    severity: 'warning',
    title: 'time happens twice',
    why: 'the clocks go back over it (daylight saving); the first of the two is taken',
    fix: 'choose a time that happens once, if the hour matters',
    example: { fail: inMadrid('start: 2027-10-31T02:30'), pass: inMadrid('start: 2027-10-31T03:30') },
  },
  {
    id: 'TIME-205',
    severity: 'error',
    title: 'unknown time zone',
    why: 'without the zone, local times mean nothing; fixed offsets know no daylight saving',
    fix: 'use an IANA name such as Europe/Madrid',
    example: { fail: 'schedule: { timezone: Europe/Madird }', pass: 'schedule: { timezone: Europe/Madrid }' },
  },
  {
    id: 'TIME-206',
    severity: 'error',
    title: 'end is not after start',
    why: 'nothing could ever be sent',
    fix: 'correct one of the two',
    example: {
      fail: inMadrid('start: 2027-04-02T09:00, end: 2027-04-01T09:00'),
      pass: inMadrid('start: 2027-04-01T09:00, end: 2027-04-02T09:00'),
    },
  },
  {
    id: 'TIME-207',
    severity: 'error',
    title: 'not a cron expression',
    why: 'five fields: minute, hour, day of the month, month, day of the week; programs differ on anything else',
    fix: 'write it as 0 9 * * MON',
    example: { fail: inMadrid('cron: "0 9 * *"'), pass: inMadrid('cron: "0 9 * * MON"') },
  },
  {
    id: 'TIME-208',
    severity: 'error',
    title: 'not quiet hours',
    why: 'quiet hours are two different times of day',
    fix: 'write them as 21:00-08:30',
    example: { fail: inMadrid('quietHours: 21-08'), pass: inMadrid('quietHours: 21:00-08:30') },
  },
  {
    id: 'TIME-209',
    severity: 'warning',
    title: 'moment lies outside the schedule',
    why: 'nothing is delivered before schedule.start or from schedule.end on, whatever the step says',
    fix: 'move the moment, or the schedule',
    example: {
      fail: `${inMadrid('end: 2027-04-30T20:00')}\n${wait('wait: { until: 2027-05-01T09:00 }')}`,
      pass: `${inMadrid('end: 2027-04-30T20:00')}\n${wait('wait: { until: 2027-04-01T09:00 }')}`,
    },
  },
  {
    id: 'TIME-210',
    severity: 'error',
    title: '`validUntil: end` without an end',
    why: 'the schedule says no end, so the word means nothing',
    fix: 'add schedule.end, or write a date and time',
    example: {
      fail: wait('validUntil: end\n    wait: { for: 1h }'),
      pass: `${inMadrid('end: 2027-04-30T20:00')}\n${wait('validUntil: end\n    wait: { for: 1h }')}`,
    },
  },
  {
    id: 'TIME-211',
    severity: 'warning',
    title: 'fixed moment in a campaign that repeats',
    why: 'every run of the cron would use the same moment; after it, steps wait for nothing or are too late',
    fix: 'use a duration: wait.for',
    example: {
      fail: `${inMadrid('cron: "0 9 * * MON"')}\n${wait('wait: { until: 2027-04-01T09:00 }')}`,
      pass: `${inMadrid('cron: "0 9 * * MON"')}\n${wait('wait: { for: 2h }')}`,
    },
  },
];

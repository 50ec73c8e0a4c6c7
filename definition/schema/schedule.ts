import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { localTimePattern, readLocalTime } from '../written/local-time';
import { quietHoursPattern, readQuietHours } from '../written/quiet-hours';
import { readTimeZone } from '../written/time-zone';
import { cronReader } from './cron-field';
import { written, writtenOrElse } from './field';

export const scheduleSchema = z
  .strictObject({
    start: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description:
        'Local date and time, in `timezone`, before which nothing is delivered. Absent: as soon as it is applied.',
      examples: ['2027-04-01T09:00'],
    }).optional(),
    end: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description: 'Local date and time, in `timezone`, from which nothing is delivered any more.',
      examples: ['2027-04-30T23:59'],
    }).optional(),
    timezone: written({
      read: readTimeZone,
      description: 'IANA time zone in which the times of this file are read. Absent: the default of volante.yaml.',
      examples: ['Europe/Madrid'],
      amend: 'fixed',
    }).optional(),
    quietHours: written({
      read: readQuietHours,
      pattern: quietHoursPattern,
      description: "Times of day at which nobody gets anything, in each recipient's own zone.",
      examples: ['21:00-08:30'],
    }).optional(),
    maxLateness: writtenOrElse('15m', {
      read: readDuration,
      pattern: durationPattern,
      description: 'A step that becomes ready later than this after its planned moment obeys its `onLate`.',
      examples: ['15m'],
    }),
    cron: cronReader,
    catchupWindow: writtenOrElse('10m', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long after a missed cron firing (an outage) a run may still start.',
      examples: ['10m'],
      amend: 'next-step',
    }),
  })
  .meta({
    description: 'When it runs.',
    examples: [{ timezone: 'Europe/Madrid', quietHours: '21:00-08:30', maxLateness: '15m' }],
  });

/** What starts a journey, what ends it early, what it waits for. */
import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { eventTypePattern, longestEventType } from '../written/event-type';
import { readLocalTime } from '../written/local-time';
import { type Reading, read } from '../written/reading';
import { isTimeOfDay } from '../written/time-of-day';
import { id, text, written } from './field';

const eventType = (description: string, examples: string[]) =>
  z.string().regex(eventTypePattern).max(longestEventType).meta({ description, examples });

/** One type, or several; always a list once read. */
export const eventTypes = (description: string, examples: unknown[]) =>
  z
    .union([
      eventType('Type of an event.', ['order.paid']),
      z
        .array(eventType('Type of an event.', ['order.paid']))
        .min(1)
        .max(20),
    ])
    .transform((types) => (typeof types === 'string' ? [types] : [...new Set(types)]))
    .meta({ description, examples });

export const condition = (description: string, examples: string[]) => text({ max: 2000, description, examples });

const exitSchema = z
  .strictObject({
    name: id({ description: 'Name of this exit, as the report shows it.', examples: ['bought'] }).default('exit'),
    on: eventTypes('Types of events that may end the journey.', ['order.paid', ['order.paid', 'order.cancelled']]),
    when: condition('CEL over `event`, `contact` and `journey`. Absent: every such event ends it.', [
      'event.data.total > 50',
    ]).optional(),
    goal: z
      .boolean()
      .default(false)
      .meta({ description: 'This is what the journey is for: it counts as reached.', examples: [true] }),
  })
  .meta({ description: 'An event that ends the journey early.', examples: [{ name: 'bought', on: 'order.paid' }] });

export const triggerSchema = z
  .strictObject({
    event: eventTypes('Types of events that start a journey.', [
      'order.paid',
      ['contact.created', 'newsletter.joined'],
    ]),
    where: condition('CEL over `event` and `contact`. Absent: every such event starts one.', [
      'event.data.total > 50 && contact.country == "ES"',
    ]).optional(),
    key: condition('CEL over `event` and `contact` that answers a text. Absent: one journey a contact.', [
      'event.data.orderId',
    ]).optional(),
    reentry: z
      .enum(['never', 'after-end', 'always'])
      .default('after-end')
      .meta({
        description:
          'May the same contact and key begin again: never, once the journey before is over, or with every event, side by side (only with `key`).',
        examples: ['after-end'],
      }),
    underWay: z
      .enum(['stay', 'follow'])
      .default('stay')
      .meta({
        description:
          'People inside a journey when this file takes over: they stay on the file they began with, or follow this one, with the steps that they have not begun and with its exits.',
        examples: ['follow'],
      }),
    cooldown: written({
      read: readDuration,
      pattern: durationPattern,
      description: "Least time since the contact's last journey of this campaign began.",
      examples: ['7d'],
    }).optional(),
    exit: z
      .union([exitSchema, z.array(exitSchema).min(1).max(10)])
      .transform((exits) => (Array.isArray(exits) ? exits : [exits]))
      .optional()
      .meta({
        description: 'Events that end the journey early: one, or a list.',
        examples: [{ name: 'bought', on: 'order.paid', goal: true }],
      }),
  })
  .meta({
    description: 'Each event starts a journey: the steps of this campaign, for the one contact whom it is about.',
    examples: [{ event: 'order.paid', where: 'event.data.total > 50', key: 'event.data.orderId' }],
    amend: 'next-step',
  });

export const prioritySchema = z
  .int()
  .min(0)
  .max(1000)
  .meta({
    description: 'Among triggered campaigns of one `exclusive` group, and for one event, the highest wins. Absent: 0.',
    examples: [10],
    amend: 'next-step',
  });

export const exclusiveSchema = id({
  description: 'Exclusion group: a contact is in a journey of one campaign of the group at a time.',
  examples: ['winback'],
  amend: 'next-step',
});

/** Keys of a `wait` that only journeys have. */
export const eventWaitFields = {
  event: eventTypes('Types of events of this contact to wait for, in a journey.', ['order.paid']).optional(),
  where: condition('CEL over `event`, `contact`, `journey` and `steps`. Absent: every such event.', [
    'event.data.orderId == journey.key',
  ]).optional(),
  timeout: written({
    read: readDuration,
    pattern: durationPattern,
    description: 'How long to wait for the event at most.',
    examples: ['2d'],
  }).optional(),
};

export function readMomentOrTimeOfDay(source: string): Reading<string> {
  return isTimeOfDay(source) ? read(source) : readLocalTime(source);
}

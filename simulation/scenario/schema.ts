/** What a scenario file may say: how the world behaves while a campaign is simulated, and what is expected of it. */
import { z } from 'zod';
import { id, idPattern, text, written, writtenOrElse } from '../../definition/schema/field';
import { durationPattern, readDuration } from '../../definition/written/duration';
import { localTimePattern, readLocalTime } from '../../definition/written/local-time';
import { moneyPattern, readMoney } from '../../definition/written/money';
import { percentagePattern, readPercentage } from '../../definition/written/percentage';
import { eventsSchema } from './events';

interface Words {
  description: string;
  examples: string[];
}

const share = (words: Words) => written({ read: readPercentage, pattern: percentagePattern, ...words });
const duration = (words: Words) => written({ read: readDuration, pattern: durationPattern, ...words });
const money = (words: Words) => written({ read: readMoney, pattern: moneyPattern, ...words });
const name = z.string().regex(idPattern).max(63);

const rateSchema = z
  .strictObject({
    base: share({ description: 'Share of the people who do it, in every arm not named.', examples: ['5%'] }),
    arms: z
      .record(name, share({ description: 'Share in this arm.', examples: ['6%'] }))
      .default({})
      .meta({ description: 'Shares by arm, where they differ.', examples: [{ b: '6%' }] }),
    holdout: share({ description: 'Share of those who get nothing.', examples: ['3%'] }).optional(),
    delay: writtenOrElse('6h', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long after the message on average; each person by an exponential law.',
      examples: ['6h'],
    }),
    drift: z
      .strictObject({
        to: share({ description: 'What the base becomes.', examples: ['8%'] }),
        over: duration({ description: 'How long that takes, from the start.', examples: ['30d'] }),
      })
      .optional()
      .meta({ description: 'How all arms change with time, in proportion.', examples: [{ to: '8%', over: '30d' }] }),
    amount: money({ description: 'Amount of one event, on average.', examples: ['49 EUR'] }).optional(),
    spread: money({ description: 'Standard deviation of the amounts (log-normal).', examples: ['20 EUR'] }).optional(),
  })
  .meta({ description: 'How often people do something.', examples: [{ base: '5%', arms: { b: '6%' }, delay: '6h' }] });

const optionalRate = rateSchema.optional();

const count = (words: { description: string; examples: number[] }) => z.int().min(0).optional().meta(words);

const verdict = z
  .enum(['approve', 'reject', 'ignore'])
  .default('approve')
  .meta({ description: 'What they say.', examples: ['approve'] });
const answerAfter = writtenOrElse('1h', {
  read: readDuration,
  pattern: durationPattern,
  description: 'How long they take.',
  examples: ['1h'],
});

const approversSchema = z
  .strictObject({
    delay: answerAfter,
    verdict,
    gates: z
      .record(
        z.string().min(1).max(200),
        z.strictObject({
          delay: duration({ description: 'How long they take.', examples: ['3d'] }).optional(),
          verdict,
        }),
      )
      .default({})
      .meta({
        description: 'Others at single gates: the id of a gate, `*` for any text within it. First match wins.',
        examples: [{ 'offer.canary.*': { verdict: 'reject' } }],
      }),
  })
  .meta({ description: 'How people answer at gates.', examples: [{ delay: '1h', verdict: 'approve' }] });

const expectationsSchema = z
  .strictObject({
    ends: z
      .enum(['done', 'aborted', 'rejected', 'failed', 'held', 'paused', 'gate', 'open'])
      .optional()
      .meta({
        description: 'How the run ends, or where it is stuck waiting for people; `open`: a trigger or program goes on.',
        examples: ['done'],
      }),
    winner: text({
      max: 63,
      description: 'Arm that a lift is claimed for; none: no claim.',
      examples: ['b'],
    }).optional(),
    chosen: text({ max: 63, description: 'Arm that the rest gets, claimed or not; none.', examples: ['b'] }).optional(),
    decisions: z
      .array(
        z.strictObject({
          checkpoint: text({ max: 130, description: '`<step>/<checkpoint>`.', examples: ['offer/canary'] }),
          look: z
            .int()
            .min(1)
            .optional()
            .meta({ description: 'Which look; absent: any.', examples: [1] }),
          state: z
            .enum(['pass', 'fail', 'invalid', 'error', 'inconclusive'])
            .optional()
            .meta({ description: 'What it came to.', examples: ['pass'] }),
          action: text({
            max: 120,
            description: 'What was done, as shown.',
            examples: ['promote winner b'],
          }).optional(),
        }),
      )
      .default([])
      .meta({ description: 'Decisions that must have been taken.', examples: [[{ checkpoint: 'offer/canary' }]] }),
    sentAtMost: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Messages sent at most.', examples: [1000] }),
    sentAtLeast: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Messages sent at least.', examples: [9000] }),
    sentToArm: z
      .record(
        name,
        z.strictObject({
          atLeast: share({ description: 'Share of the messages at least.', examples: ['60%'] }).optional(),
          atMost: share({ description: 'Share of the messages at most.', examples: ['40%'] }).optional(),
        }),
      )
      .default({})
      .meta({ description: 'Share of the messages that each arm got.', examples: [{ b: { atLeast: '60%' } }] }),
    journeys: z
      .strictObject({
        atLeast: count({ description: 'Journeys started at least.', examples: [100] }),
        atMost: count({ description: 'Journeys started at most.', examples: [200] }),
        goalsAtLeast: count({ description: 'Journeys that reached a goal at least.', examples: [20] }),
        declinedAtLeast: count({
          description: 'Events that met the trigger and started none, at least.',
          examples: [5],
        }),
      })
      .optional()
      .meta({ description: 'What comes of a trigger.', examples: [{ atLeast: 100, goalsAtLeast: 20 }] }),
    program: z
      .strictObject({
        earnedAtLeast: count({ description: 'Points earned at least.', examples: [1000] }),
        spentAtLeast: count({ description: 'Points spent at least.', examples: [400] }),
        expiredAtLeast: count({ description: 'Points expired at least.', examples: [10] }),
        owedAtMost: money({
          description: 'What points that members have are worth, at most, at any time.',
          examples: ['500 EUR'],
        }).optional(),
      })
      .optional()
      .meta({ description: 'What comes of a program.', examples: [{ earnedAtLeast: 1000, owedAtMost: '500 EUR' }] }),
    balanced: z
      .boolean()
      .default(true)
      .meta({ description: 'Does every member have one outcome in the books?', examples: [true] }),
  })
  .meta({ description: 'What must come out; else the simulation fails.', examples: [{ ends: 'done', winner: 'b' }] });

export const scenarioSchema = z
  .strictObject({
    description: text({ max: 1000, description: 'What this scenario is about.', examples: ['b is really better'] }),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1)
      .meta({ description: 'Chance begins here.', examples: [1] }),
    contacts: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10_000)
      .meta({ description: 'How many people the audience has.', examples: [10000] }),
    start: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description: "When it is applied, in the schedule's zone. Absent: a day before the schedule starts.",
      examples: ['2027-04-01T09:00'],
    }).optional(),
    until: writtenOrElse('180d', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long it is watched; what waits for people then is stuck.',
      examples: ['180d'],
    }),
    days: z
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .meta({
        description: 'How many days customers do something, of campaigns with a `trigger` or a `program`.',
        examples: [30],
      }),
    events: eventsSchema,
    rewards: z
      .strictObject({
        share: writtenOrElse('10%', {
          read: readPercentage,
          pattern: percentagePattern,
          description: 'Share of the members who can afford a reward that take the dearest.',
          examples: ['10%'],
        }),
        every: writtenOrElse('7d', {
          read: readDuration,
          pattern: durationPattern,
          description: 'How often they think of it; whole days.',
          examples: ['7d'],
        }),
      })
      .prefault({})
      .meta({ description: 'How members of a program spend points.', examples: [{ share: '10%', every: '7d' }] }),
    timeZones: z
      .record(z.string().max(60), share({ description: 'Share of the people.', examples: ['70%'] }))
      .default({})
      .meta({
        description: "Where people live. Absent: all in the schedule's zone.",
        examples: [{ 'Europe/Madrid': '70%', 'America/Mexico_City': '30%' }],
      }),
    attributes: z
      .record(z.string().min(1).max(60), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .meta({ description: 'What templates find in `contact`, the same for all.', examples: [{ firstName: 'Alex' }] }),
    visitors: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .meta({ description: 'Visitors of the web pages a day.', examples: [1200] }),
    rates: z
      .strictObject({
        opened: optionalRate,
        clicked: optionalRate,
        converted: optionalRate,
        complained: optionalRate,
        unsubscribed: optionalRate,
        refund: optionalRate,
      })
      .default({})
      .meta({
        description: 'What people do. `refund` is a share of those who converted; it gives back the amount.',
        examples: [{ clicked: { base: '5%', arms: { b: '6.5%' } } }],
      }),
    bounces: writtenOrElse('0%', {
      read: readPercentage,
      pattern: percentagePattern,
      description: 'Share of the addresses that do not exist.',
      examples: ['0.5%'],
    }),
    outages: z
      .array(
        z.strictObject({
          after: duration({ description: 'From the start.', examples: ['1d'] }),
          for: duration({ description: 'How long the mail platform takes nothing.', examples: ['3h'] }),
        }),
      )
      .default([])
      .meta({ description: 'When the mail platform is down.', examples: [[{ after: '1d', for: '3h' }]] }),
    approvers: approversSchema.prefault({}),
    signals: z
      .array(
        z.strictObject({
          event: id({ description: 'Event that somebody reports.', examples: ['stock-counted'] }),
          after: duration({ description: 'From the start.', examples: ['3d'] }),
        }),
      )
      .default([])
      .meta({ description: 'News from outside.', examples: [[{ event: 'stock-counted', after: '3d' }]] }),
    expect: expectationsSchema.optional(),
  })
  .meta({ title: 'Volante scenario', description: 'How the world behaves while a campaign is simulated.' });

export type Scenario = z.output<typeof scenarioSchema>;
export type Rate = z.output<typeof rateSchema>;
export type Expectations = z.output<typeof expectationsSchema>;
export type Reaction = keyof Scenario['rates'];

/** What a campaign measures, aims at and may spend. */

import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { effectPattern, readEffect } from '../written/effect';
import { localTimePattern, readLocalTime } from '../written/local-time';
import { moneyPattern, readMoney } from '../written/money';
import { percentagePattern, readPercentage } from '../written/percentage';
import { read, unreadable } from '../written/reading';
import { flagName } from './experiment';
import { id, idPattern, text, written, writtenOrElse } from './field';
import { moneyCapSchema } from './money-cap';

/** What a metric of the book of events may count. */
export const metricEvents = [
  'delivered',
  'bounced',
  'complained',
  'unsubscribed',
  'clicked',
  'opened',
  'converted',
  'revenue',
  'refund',
] as const;

const metricSchema = z
  .strictObject({
    name: id({ description: 'Name of the metric, unique in the file.', examples: ['conversion'] }),
    role: z.enum(['success', 'guardrail', 'deterioration', 'quality', 'observe']).meta({
      description:
        'success: decides what wins. guardrail: must not get worse than its margin or limit. deterioration: must not get significantly worse. quality: makes the data invalid. observe: recorded, never acts.',
      examples: ['success'],
    }),
    kind: z.enum(['proportion', 'mean', 'ratio', 'rate-limit', 'count']).meta({
      description:
        'proportion: members with at least one event. mean: sum per member. ratio: by the event in `per`. rate-limit: a proportion against the absolute limit in `max`. count: evaluations of a flag, for `platform` only.',
      examples: ['proportion'],
    }),
    event: z
      .enum(metricEvents)
      .optional()
      .meta({
        description:
          'What is counted in the book of events. Absent: what the name says (click, open, conversion, revenue, refund, unsubscribe, complaint, bounce).',
        examples: ['converted'],
      }),
    source: id({
      description: 'Measured elsewhere: a key of `sources` in volante.yaml.',
      examples: ['warehouse'],
    }).optional(),
    query: text({
      max: 255,
      description: 'For a SQL source: a file in this folder with one SELECT.',
      examples: ['margin.sql'],
    }).optional(),
    platform: id({
      description:
        'Counted by a flag platform of volante.yaml: evaluations by arm, since the first wave and within the last 48 hours. For web experiments; kind count, role observe.',
      examples: ['flags'],
    }).optional(),
    flag: flagName()
      .optional()
      .meta({
        description:
          'Flag whose evaluations are counted, with variants named like the arms. Absent: the experiment’s own.',
        examples: ['landing-order-button'],
      }),
    per: z
      .enum(metricEvents)
      .optional()
      .meta({ description: 'Denominator of a ratio.', examples: ['clicked'] }),
    steps: z
      .array(id({ description: 'Id of a step.', examples: ['offer'] }))
      .max(100)
      .optional()
      .meta({ description: 'Steps that it measures. Absent: every step with an audience.', examples: [['offer']] }),
    window: writtenOrElse('7d', {
      read: readDuration,
      pattern: durationPattern,
      description:
        'Attribution: how long after the delivery an event counts. Only members whose window has closed are compared.',
      examples: ['7d'],
    }),
    goodDirection: z
      .enum(['up', 'down'])
      .optional()
      .meta({
        description: 'Which way is good. Absent: down for bounces, complaints, unsubscribes and refunds, else up.',
        examples: ['up'],
      }),
    margin: written({
      read: readEffect,
      pattern: effectPattern,
      description: 'How much worse than the control a guardrail may be.',
      examples: ['10%', '0.2pp'],
    }).optional(),
    max: text({
      max: 40,
      description: 'Limit of a rate-limit (a share) or of a ratio (money or a number).',
      examples: ['0.3%', '12 EUR'],
    }).optional(),
    cap: written({
      read: readMoney,
      pattern: moneyPattern,
      description: 'Most that one member counts; fixed before the start. Its currency is the metric’s.',
      examples: ['500 EUR'],
    }).optional(),
    covariate: written({
      read: readDuration,
      pattern: durationPattern,
      description: 'Span before the delivery over which the same metric is known; makes the estimate sharper (CUPED).',
      examples: ['90d'],
    }).optional(),
    alpha: written({
      read: readPercentage,
      pattern: percentagePattern,
      description: 'Error of this metric alone. Absent: its part of the experiment’s.',
      examples: ['1%'],
    }).optional(),
    usual: written({
      read: readPercentage,
      pattern: percentagePattern,
      description: 'Share that people usually reach, for planning: how likely a difference would be found.',
      examples: ['5%'],
    }).optional(),
    onFail: z
      .enum(['abort'])
      .optional()
      .meta({ description: 'abort: a breach stops the sending at once, also within a wave.', examples: ['abort'] }),
    events: id({
      description: 'Source of the events, a key of `sources` in volante.yaml, whose lateness is watched.',
      examples: ['shop'],
    }).optional(),
    freshness: written({
      read: readDuration,
      pattern: durationPattern,
      description: 'How far behind the source of the events may be; later, the data are invalid.',
      examples: ['1h'],
    }).optional(),
  })
  .meta({
    description: 'One thing that is measured.',
    examples: [{ name: 'click', role: 'success', kind: 'proportion', window: '2d' }],
  });

export const metricsSchema = z
  .array(metricSchema)
  .max(30)
  .default([])
  .meta({
    description: 'What is measured, and what each measurement may decide.',
    examples: [[{ name: 'click', role: 'success', kind: 'proportion', window: '2d' }]],
    amend: 'live',
  });

export const objectivesSchema = z
  .array(
    z
      .strictObject({
        id: id({ description: 'Name of the objective.', examples: ['sales'] }),
        metric: id({ description: 'What is counted: the name of a metric.', examples: ['revenue'] }),
        target: text({
          max: 40,
          description: 'What shall be reached by all members together.',
          examples: ['24000 EUR', '400'],
        }),
        by: written({
          read: readLocalTime,
          pattern: localTimePattern,
          description: 'Local date and time by which it shall be reached.',
          examples: ['2027-04-30T23:59'],
        }),
      })
      .meta({
        description: 'A specific, measurable target with a deadline.',
        examples: [{ id: 'sales', metric: 'revenue', target: '24000 EUR', by: '2027-04-30T23:59' }],
      }),
  )
  .max(20)
  .default([])
  .meta({
    description: 'SMART targets: forecast while the campaign runs, judged at its end.',
    examples: [[{ id: 'sales', metric: 'revenue', target: '24000 EUR', by: '2027-04-30T23:59' }]],
    amend: 'live',
    approvals: 'kept',
  });

const moneyText = (options: { description: string; examples: string[] }) =>
  written({ read: readMoney, pattern: moneyPattern, ...options });

export const budgetSchema = z
  .strictObject({
    total: moneyText({ description: 'Most that all lines together may be.', examples: ['3000 EUR'] }),
    lines: z
      .record(
        z.string().regex(idPattern).max(63),
        moneyText({ description: 'Amount of one line.', examples: ['500 EUR'] }),
      )
      .default({})
      .meta({ description: 'Amounts by purpose.', examples: [{ promotion: '2500 EUR', ads: '500 EUR' }] }),
    pacing: z
      .record(z.string().regex(idPattern).max(63), moneyCapSchema)
      .optional()
      .meta({
        description:
          'By line: most that it may reserve within any such window, counted by hours. Steps that issue codes wait when it is used up, and go on.',
        examples: [{ promotion: { amount: '200 EUR', per: '1d' } }],
      }),
  })
  .meta({
    description: 'Money of the campaign, in one currency.',
    examples: [{ total: '3000 EUR', lines: { promotion: '2500 EUR', ads: '500 EUR' } }],
    amend: 'live',
  });

export const trackingSchema = z
  .strictObject({
    clicks: z
      .boolean()
      .optional()
      .meta({
        description: 'Do links go over the gateway, so that clicks are known? Absent: when a metric counts them.',
        examples: [true],
      }),
    opens: z
      .boolean()
      .default(false)
      .meta({
        description:
          'Do messages carry a pixel, for contacts who agreed to it (`trackingConsent`)? Opens only observe.',
        examples: [false],
      }),
  })
  .meta({ description: 'What is known of the readers.', examples: [{ clicks: true }], amend: 'live' });

/** Reads the limit of a metric: `0.3%`, `12 EUR` (micros) or a plain number. */
export function readLimit(limit: string) {
  if (percentagePattern.test(limit)) return readPercentage(limit);
  if (moneyPattern.test(limit)) {
    const money = readMoney(limit);
    return money.ok ? read(money.value.micros) : money;
  }
  const number = Number(limit);
  if (limit.trim() !== '' && Number.isFinite(number) && number >= 0) return read(number);
  return unreadable('MEAS-802', `"${limit}" is not a limit`, 'write 0.3%, 12 EUR or a number');
}

/** Reads a target: money (micros) or a plain number. */
export function readTarget(target: string) {
  if (moneyPattern.test(target)) {
    const money = readMoney(target);
    return money.ok ? read({ target: money.value.micros, currency: money.value.currency }) : money;
  }
  const number = Number(target);
  if (target.trim() !== '' && Number.isFinite(number) && number > 0) return read({ target: number });
  return unreadable('MEAS-803', `"${target}" is not a target`, 'write 24000 EUR or a number such as 400');
}

/** Waves and checkpoints: how an audience is released, and what is decided on the way. */
import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { effectPattern, readEffect } from '../written/effect';
import { localTimePattern, readLocalTime } from '../written/local-time';
import { percentagePattern, readPercentage } from '../written/percentage';
import { readWaveSize, waveSizePattern } from '../written/wave-size';
import { id, text, written, writtenOrElse } from './field';

/** What a checkpoint may do in one word. */
export const plainActions = [
  'promote',
  'promote-winner',
  'promote-control',
  'drop-arms',
  'hold',
  'pause',
  'abort',
  'end-early',
] as const;
/** What may follow when waiting was in vain or an adjustment was made. */
const plainAction = z.enum(plainActions);

const duration = (options: { description: string; examples: string[] }) =>
  written({ read: readDuration, pattern: durationPattern, ...options });
const role = id({ description: 'A role.', examples: ['marketing'] });

const adjustSchema = z
  .strictObject({
    budget: id({ description: 'Line of the budget to change.', examples: ['ads'] }).optional(),
    from: id({
      description: 'Line that the money comes from. Absent: what the total leaves.',
      examples: ['promotion'],
    }).optional(),
    arm: id({ description: 'Arm whose share of the coming waves changes.', examples: ['b'] }).optional(),
    audience: z
      .literal('wave')
      .optional()
      .meta({ description: 'The size of the coming wave.', examples: ['wave'] }),
    end: duration({ description: 'How much later the campaign ends.', examples: ['3d'] }).optional(),
    by: written({
      read: readEffect,
      pattern: effectPattern,
      description: 'By how much: a share of it, points or an amount, with its sign.',
      examples: ['+20%', '-100 EUR'],
    }).optional(),
    bounds: z
      .array(text({ max: 40, description: 'Lowest, then highest value.', examples: ['900 EUR'] }))
      .length(2)
      .optional()
      .meta({ description: 'Lowest and highest value that may result.', examples: [['0 EUR', '900 EUR']] }),
    latest: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description: 'Latest end that may result.',
      examples: ['2027-05-07T23:59'],
    }).optional(),
  })
  .meta({
    description: 'A bounded change: of a line of the budget, an arm, the coming wave, or the end.',
    examples: [{ budget: 'ads', by: '+20%', bounds: ['0 EUR', '900 EUR'] }],
  });

const longAction = z
  .strictObject({
    wait: duration({ description: 'Look again after this long.', examples: ['6h'] }).optional(),
    extend: duration({
      description: 'Move the end of the campaign by this, and look again then.',
      examples: ['2d'],
    }).optional(),
    adjust: adjustSchema.optional(),
    max: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'How often at most.', examples: [3] }),
    approve: z
      .array(role)
      .min(1)
      .max(20)
      .optional()
      .meta({
        description: 'Roles that must approve an adjustment first.',
        examples: [['marketing']],
      }),
    then: plainAction.meta({ description: 'What follows.', examples: ['hold'] }),
  })
  .meta({ description: 'Waits, extends or adjusts first.', examples: [{ wait: '6h', max: 3, then: 'hold' }] });

const action = (options: { description: string; examples: unknown[] }) =>
  z.union([plainAction, longAction]).meta(options);

const share = (whenAbsent: string, options: { description: string; examples: string[] }) =>
  writtenOrElse(whenAbsent, { read: readPercentage, pattern: percentagePattern, ...options });

export const holdSchema = z
  .strictObject({
    approvers: z
      .array(role)
      .min(1)
      .max(20)
      .meta({ description: 'Roles that decide.', examples: [['marketing']] }),
    quorum: z
      .int()
      .min(1)
      .max(20)
      .default(1)
      .meta({ description: 'How many must agree.', examples: [1] }),
    expires: writtenOrElse('2d', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long people have.',
      examples: ['2d'],
    }),
    onExpiry: z
      .enum(['pause', 'abort', 'end-early'])
      .default('pause')
      .meta({
        description: 'What happens when nobody decided. Never a promotion.',
        examples: ['pause'],
      }),
    onReject: z
      .enum(['pause', 'abort', 'end-early'])
      .default('end-early')
      .meta({
        description: 'What happens when people say no.',
        examples: ['end-early'],
      }),
  })
  .meta({
    description: 'Who decides when the checkpoint holds. Saying yes goes on as `pass` declares.',
    examples: [{ approvers: ['marketing'] }],
  });

const afterSchema = z
  .strictObject({
    minRecipients: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Measured recipients at least.', examples: [2000] }),
    minEvents: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Events of the success metrics at least.', examples: [30] }),
    minTime: duration({ description: 'Time since the wave was released, at least.', examples: ['6h'] }).optional(),
    maturity: written({
      read: readPercentage,
      pattern: percentagePattern,
      description: 'Share of the released members whose attribution windows have closed.',
      examples: ['100%'],
    }).optional(),
    time: written({
      read: readLocalTime,
      pattern: localTimePattern,
      description: 'Not before this local date and time.',
      examples: ['2027-04-15T09:00'],
    }).optional(),
    event: id({
      description: 'Not before somebody reports this event with `volante signal`.',
      examples: ['stock-counted'],
    }).optional(),
    timeout: writtenOrElse('30d', {
      read: readDuration,
      pattern: durationPattern,
      description: 'Longest wait. Then it judges with what there is, and never promotes.',
      examples: ['48h'],
    }),
  })
  .meta({ description: 'What must have come before it judges.', examples: [{ minRecipients: 2000, minTime: '6h' }] });

const qualitySchema = z
  .strictObject({
    srm: share('0.1%', {
      description: 'Error of the check that the arms have the shares they should (sample ratio mismatch).',
      examples: ['0.1%'],
    }),
    srmMethod: z
      .enum(['sequential', 'chi-square'])
      .default('sequential')
      .meta({
        description: 'sequential stays honest over many looks.',
        examples: ['sequential'],
      }),
    multipleExposure: share('0.5%', {
      description: 'Share of units that may have seen more than one arm.',
      examples: ['0.5%'],
    }),
    mustHaveData: z
      .boolean()
      .default(true)
      .meta({ description: 'Is a metric without any data invalid?', examples: [true] }),
    minUnits: z
      .int()
      .min(1)
      .default(100)
      .meta({ description: 'Measured members of each arm at least.', examples: [100] }),
    minEvents: z
      .int()
      .min(0)
      .default(20)
      .meta({
        description: 'Events of each arm from which the normal approximation is trusted.',
        examples: [20],
      }),
  })
  .meta({ description: 'When the data may be believed.', examples: [{ srm: '0.1%' }] });

export const checkpointFields = {
  after: afterSchema.prefault({}).meta({
    description: 'What must have come before it judges.',
    examples: [{ minRecipients: 2000, minTime: '6h' }],
  }),
  quality: qualitySchema
    .prefault({})
    .meta({ description: 'When the data may be believed.', examples: [{ srm: '0.1%' }] }),
  requireGuardrails: z
    .enum(['non-inferior', 'not-failed'])
    .default('not-failed')
    .meta({
      description: 'What a pass asks of the guardrails: proven harmless, or not proven harmful.',
      examples: ['non-inferior'],
    }),
  hold: holdSchema.optional(),
};

const decideSchema = z
  .strictObject({
    pass: action({ description: 'A success metric passed and nothing failed.', examples: ['promote-winner'] }),
    fail: action({ description: 'A guardrail, limit or deterioration failed.', examples: ['abort'] }),
    invalid: action({ description: 'The data cannot be believed.', examples: ['hold'] }),
    error: action({ description: 'A measurement could not be taken.', examples: ['hold'] }),
    inconclusive: action({
      description: 'Neither passed nor failed.',
      examples: [{ wait: '6h', max: 3, then: 'hold' }],
    }),
  })
  .meta({
    description: 'What is done in each state. Every state has its action.',
    examples: [{ pass: 'promote-winner', fail: 'abort', invalid: 'hold', error: 'hold', inconclusive: 'hold' }],
  });

export const rolloutSchema = z
  .array(
    z
      .strictObject({
        wave: written({
          read: readWaveSize,
          pattern: waveSizePattern,
          description: 'Members released together: a share of all, a number, or the rest.',
          examples: ['10%', '2000 members', 'rest'],
        }).optional(),
        checkpoint: z
          .strictObject({
            id: id({ description: 'Name. Absent: checkpoint and its number.', examples: ['canary'] }).optional(),
            ...checkpointFields,
            decide: decideSchema,
          })
          .optional()
          .meta({
            description: 'Waits for mature data, measures, judges and acts.',
            examples: [
              {
                after: { minRecipients: 2000 },
                decide: {
                  pass: 'promote-winner',
                  fail: 'abort',
                  invalid: 'hold',
                  error: 'hold',
                  inconclusive: 'promote-control',
                },
                hold: { approvers: ['marketing'] },
              },
            ],
          }),
      })
      .meta({ description: 'A wave or a checkpoint.', examples: [{ wave: '10%' }] }),
  )
  .min(1)
  .max(50)
  .meta({
    description: 'How the audience is released. Absent: all at once.',
    examples: [[{ wave: '10%' }, { wave: 'rest' }]],
  });

/** A checkpoint as a step of its own: judges a forecast. */
export const checkpointStepSchema = z
  .strictObject({
    after: checkpointFields.after,
    when: z
      .strictObject({
        forecast: id({ description: 'Id of an objective.', examples: ['sales'] }),
        below: written({
          read: readPercentage,
          pattern: percentagePattern,
          description: 'True when the probability of reaching it is lower.',
          examples: ['40%'],
        }).optional(),
        above: written({
          read: readPercentage,
          pattern: percentagePattern,
          description: 'True when the probability of reaching it is higher.',
          examples: ['95%'],
        }).optional(),
      })
      .meta({ description: 'What is asked.', examples: [{ forecast: 'sales', below: '40%' }] }),
    then: action({ description: 'What is done when it is so.', examples: ['hold'] }),
    otherwise: z
      .literal('promote')
      .default('promote')
      .meta({
        description: 'When it is not so, the run goes on.',
        examples: ['promote'],
      }),
    error: action({ description: 'What is done when there is no forecast.', examples: ['hold'] }),
    hold: holdSchema.optional(),
  })
  .meta({
    description: 'Looks at a forecast and acts.',
    examples: [{ when: { forecast: 'sales', below: '40%' }, then: 'hold', error: 'hold' }],
  });

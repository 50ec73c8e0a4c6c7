/** Arms and the rules of an experiment. */
import { z } from 'zod';
import { effectPattern, readEffect } from '../written/effect';
import { percentagePattern, readPercentage } from '../written/percentage';
import { readSpending, spendingPattern } from '../written/spending';
import { id, idPattern, text, written, writtenOrElse } from './field';

const share = written({
  read: readPercentage,
  pattern: percentagePattern,
  description: 'Share of the recipients. Absent: an equal part of what the others leave.',
  examples: ['50%'],
});

const armName = z.string().regex(idPattern).max(40);

export const emailArmsSchema = z
  .record(
    armName,
    z
      .strictObject({
        share: share.optional(),
        subject: text({
          max: 300,
          description: 'Own subject, Liquid.',
          examples: ['Tu código caduca pronto'],
          amend: 'live',
        }).optional(),
        preheader: text({
          max: 300,
          description: 'Own preview line, Liquid.',
          examples: ['Solo hoy'],
          amend: 'live',
        }).optional(),
        template: text({
          max: 255,
          description: 'Own message, in this folder.',
          examples: ['short.mjml'],
          amend: 'live',
        }).optional(),
        text: text({
          max: 255,
          description: 'Own plain-text part.',
          examples: ['short.txt'],
          amend: 'live',
        }).optional(),
        sender: id({ description: 'Own sender: a key of `senders`.', examples: ['ana'], amend: 'live' }).optional(),
        sendTime: z
          .string()
          .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)
          .optional()
          .meta({
            description: "Time of day, in the recipient's own zone, at which it is sent.",
            examples: ['18:00'],
            amend: 'live',
          }),
      })
      .meta({
        description: 'A variant; what it leaves out is as in the message.',
        examples: [{ subject: 'Otra línea' }],
      }),
  )
  .meta({
    description: 'Variants of the message, by name. Each recipient gets one, by chance and for ever the same.',
    examples: [{ a: {}, b: { subject: 'Tu código caduca pronto' } }],
  });

export const flagArmsSchema = z
  .record(armName, z.strictObject({ share: share.optional() }).meta({ description: 'A variant.', examples: [{}] }))
  .meta({ description: 'Variants of the flag, by name.', examples: [{ control: {}, b: {} }] });

/** Fields that e-mail experiments and web experiments share. */
export const experimentRules = {
  goal: z
    .enum(['learn', 'earn'])
    .default('learn')
    .meta({
      description:
        'learn: a lift may be claimed afterwards. earn: the waves follow what works (bandit), nothing is claimed.',
      examples: ['learn'],
    }),
  method: z
    .enum(['group-sequential', 'always-valid', 'fixed', 'bandit'])
    .optional()
    .meta({
      description:
        'How it is judged. Absent: group-sequential for learn, bandit for earn. always-valid: looks at any time. fixed: one look, at the end.',
      examples: ['group-sequential'],
    }),
  spending: writtenOrElse('obrien-fleming', {
    read: readSpending,
    pattern: spendingPattern,
    description: 'How group-sequential looks share the error: obrien-fleming, or power(2).',
    examples: ['obrien-fleming', 'power(2)'],
  }),
  alpha: writtenOrElse('5%', {
    read: readPercentage,
    pattern: percentagePattern,
    description: 'Most often that a difference is claimed where there is none, over all looks.',
    examples: ['5%'],
  }),
  alphaAbort: writtenOrElse('1%', {
    read: readPercentage,
    pattern: percentagePattern,
    description: 'Most often that a healthy campaign is stopped for harm.',
    examples: ['1%'],
  }),
  power: writtenOrElse('80%', {
    read: readPercentage,
    pattern: percentagePattern,
    description: 'How often a difference of `minEffect` shall be found.',
    examples: ['80%'],
  }),
  minEffect: written({
    read: readEffect,
    pattern: effectPattern,
    description: 'Smallest difference that would pay.',
    examples: ['8%', '0.5pp'],
  }).optional(),
  maxRecipients: z
    .int()
    .min(2)
    .max(1_000_000_000)
    .optional()
    .meta({
      description: 'Planned maximum over all arms, fixed before the start. Absent: everybody who can be reached.',
      examples: [200000],
    }),
  control: id({ description: 'The arm that others are compared with. Absent: the first.', examples: ['a'] }).optional(),
  salt: text({
    max: 100,
    description: 'Keeps or changes who gets which arm. Absent: campaign and step.',
    examples: ['spring-2027'],
  }).optional(),
  floor: writtenOrElse('5%', {
    read: readPercentage,
    pattern: percentagePattern,
    description: 'For earn: least share of each arm.',
    examples: ['5%'],
  }),
};

export const experimentSchema = z
  .strictObject(experimentRules)
  .meta({ description: 'How the arms are compared.', examples: [{ goal: 'learn', minEffect: '8%' }] });

/** Name of a flag on its platform. */
export const flagName = () => z.string().regex(/^[A-Za-z0-9._~-]{1,100}$/);

/** An A/B test on web pages: a flag with variants. */
export const flagExperimentSchema = z
  .strictObject({
    platform: id({ description: 'A flag platform: a key of `platforms` in volante.yaml.', examples: ['flags'] }),
    flag: flagName().meta({
      description: 'Name of the flag: letters, digits, dots, hyphens.',
      examples: ['landing-hero'],
    }),
    arms: flagArmsSchema,
    after: z
      .enum(['keep', 'switch-off'])
      .default('keep')
      .meta({ description: 'What becomes of the flag when the step ends without a winner.', examples: ['switch-off'] }),
    ...experimentRules,
  })
  .meta({
    description: 'Compares variants of a page: a flag whose variants visitors get by chance.',
    examples: [{ platform: 'flags', flag: 'landing-hero', arms: { control: {}, b: {} } }],
  });

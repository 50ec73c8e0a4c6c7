/** The campaign file, version 1: the words people write, what they mean and their defaults. */
import { z } from 'zod';
import { audienceSchema } from './audience';
import { id, text } from './field';
import { exclusiveSchema, prioritySchema, triggerSchema } from './journey';
import { programSchema } from './loyalty';
import { budgetSchema, metricsSchema, objectivesSchema, trackingSchema } from './measuring';
import { scheduleSchema } from './schedule';
import { stepSchema } from './steps';

/** BCP 47, as far as this release speaks languages: a language, optionally a region. */
export const localePattern = /^[a-z]{2,3}(?:-[A-Z]{2})?$/;

export const storySchema = z
  .strictObject({
    as: text({ max: 200, description: 'Who this is for.', examples: ['a returning customer'] }),
    want: text({ max: 400, description: 'What they want.', examples: ['a reason to come back'] }),
    so: text({ max: 400, description: 'What they get out of it.', examples: ['I buy before the stock runs out'] }),
  })
  .meta({
    description: 'Why this campaign exists, as a user story.',
    amend: 'live',
    approvals: 'kept',
    examples: [{ as: 'a returning customer', want: 'a reason to come back', so: 'I buy before the stock runs out' }],
  });

export const campaignSchema = z
  .strictObject({
    id: id({
      description: 'Name of the campaign for machines, unique in the repository.',
      examples: ['spring-sale'],
      amend: 'fixed',
    }),
    name: text({
      max: 120,
      description: 'Name of the campaign for people.',
      examples: ['Spring sale'],
      amend: 'live',
      approvals: 'kept',
    }),
    owner: id({
      description: 'Who answers for it: a key of `people` in volante.yaml.',
      examples: ['ana'],
      amend: 'live',
      approvals: 'kept',
    }),
    story: storySchema.optional(),
    locale: z
      .string()
      .regex(localePattern)
      .optional()
      .meta({
        description: 'Language of a contact who has none, BCP 47. Absent: the default of volante.yaml.',
        examples: ['es', 'en-GB'],
        amend: 'live',
      }),
    trigger: triggerSchema.optional(),
    priority: prioritySchema.optional(),
    exclusive: exclusiveSchema.optional(),
    program: programSchema.optional(),
    audience: audienceSchema.optional(),
    schedule: scheduleSchema.prefault({}).meta({
      description: 'When it runs. Absent: once, as soon as it is applied.',
      examples: [{ timezone: 'Europe/Madrid', quietHours: '21:00-08:30', maxLateness: '15m' }],
      amend: 'live',
    }),
    objectives: objectivesSchema,
    budget: budgetSchema.optional(),
    metrics: metricsSchema,
    tracking: trackingSchema.optional(),
    steps: z
      .array(stepSchema)
      .min(1)
      .max(100)
      .meta({
        description: 'What it does, in order unless `needs` says otherwise.',
        examples: [[{ id: 'content', gate: { approvers: ['marketing'] } }]],
        amend: 'next-step',
      }),
  })
  .meta({
    title: 'Volante campaign',
    description: 'A campaign that Volante can plan, approve and run.',
    anyOf: [{ required: ['audience'] }, { required: ['trigger'] }, { required: ['program'] }],
  });

/** A campaign as written, after defaults of its own and unit conversion; references are not yet followed. */
export type AuthoredCampaign = z.output<typeof campaignSchema>;
export type AuthoredStep = z.output<typeof stepSchema>;
export type AuthoredAudience = NonNullable<AuthoredCampaign['audience']>;
export type AuthoredMetric = AuthoredCampaign['metrics'][number];
export type AuthoredSchedule = AuthoredCampaign['schedule'];

import { z } from 'zod';
import { durationPattern, readDuration } from '../written/duration';
import { readLocalTime } from '../written/local-time';
import { percentagePattern, readPercentage } from '../written/percentage';
import { type Reading, read } from '../written/reading';
import { emailArmsSchema, experimentSchema, flagExperimentSchema } from './experiment';
import { type FieldText, id, text, written, writtenOrElse } from './field';
import { eventWaitFields, readMomentOrTimeOfDay } from './journey';
import { loyaltyStepSchema } from './loyalty';
import { promotionSchema } from './promotion';
import { checkpointStepSchema, rolloutSchema } from './rollout';

const file = (options: FieldText) => text({ max: 255, ...options });

const emailSchema = z
  .strictObject({
    template: file({
      description: 'The message, MJML or HTML with Liquid, in this folder.',
      examples: ['offer.mjml', 'offer.html'],
      amend: 'live',
    }),
    text: file({
      description: 'Own plain-text part. Absent: derived from the template.',
      examples: ['offer.txt'],
      amend: 'live',
    }).optional(),
    subject: text({
      max: 300,
      description: 'Subject line, Liquid; every personal field needs a fallback.',
      examples: ["{{ contact.firstName | default: 'Hola' }}, 15 % esta semana"],
      amend: 'live',
    }),
    preheader: text({
      max: 300,
      description: 'Line that mail programs show beside the subject, Liquid.',
      examples: ['Solo hasta el domingo'],
      amend: 'live',
    }).optional(),
    sender: id({
      description: 'Who it comes from: a key of `senders` in volante.yaml. Absent: the default sender.',
      examples: ['shop'],
      amend: 'live',
    }).optional(),
    platform: id({
      description: 'What sends it: a key of `platforms` in volante.yaml. Absent: the default platform.',
      examples: ['mail'],
    }).optional(),
    loyalty: id({
      description:
        'The loyalty program whose points the message shows, as `{{ loyalty.points }}`, `{{ loyalty.tier }}` and `{{ loyalty.cardUrl }}`.',
      examples: ['club'],
      amend: 'live',
    }).optional(),
    arms: emailArmsSchema.optional(),
    experiment: experimentSchema.optional(),
  })
  .meta({
    description: 'Sends one message to each member of the audience.',
    examples: [{ template: 'offer.mjml', subject: '15 % esta semana' }],
  });

const gateSchema = z
  .strictObject({
    approvers: z
      .array(id({ description: 'A role.', examples: ['marketing'] }))
      .min(1)
      .max(20)
      .meta({
        description: 'Roles of volante.yaml, any of which may decide.',
        examples: [['marketing'], ['marketing', 'legal']],
      }),
    quorum: z
      .int()
      .min(1)
      .max(20)
      .default(1)
      .meta({ description: 'How many different people must approve.', examples: [1, 2] }),
    expires: writtenOrElse('2d', {
      read: readDuration,
      pattern: durationPattern,
      description: 'How long people have to decide.',
      examples: ['2d'],
    }),
    onExpiry: z
      .enum(['reject', 'hold', 'escalate'])
      .default('reject')
      .meta({
        description:
          'What happens when nobody decided in time: end the run, wait for a person without limit, or ask the roles of `escalateTo` for as long again.',
        examples: ['reject'],
      }),
    escalateTo: z
      .array(id({ description: 'A role.', examples: ['ops'] }))
      .max(20)
      .default([])
      .meta({ description: 'Roles asked when `onExpiry` is `escalate`.', examples: [['ops']] }),
    allowAuthor: z
      .boolean()
      .default(false)
      .meta({
        description: 'May the person who applied the plan, or who committed the file last, decide?',
        examples: [false],
      }),
    remindAt: z
      .array(
        written({
          read: readPercentage,
          pattern: percentagePattern,
          description: 'A share of `expires`.',
          examples: ['50%'],
        }),
      )
      .max(10)
      .prefault(['50%', '90%'])
      .meta({
        description: 'Shares of `expires` after which those who have not decided are reminded.',
        examples: [['50%', '90%']],
      }),
    question: text({
      max: 1000,
      description: 'What the approvers are asked.',
      examples: ['Are the texts and the offer right?'],
      amend: 'live',
      approvals: 'kept',
    }).optional(),
  })
  .meta({
    description: 'People decide here; nothing that needs this step happens before they approve.',
    examples: [{ approvers: ['marketing'], quorum: 1 }],
  });

const waitSchema = z
  .strictObject({
    for: written({
      read: readDuration,
      pattern: durationPattern,
      description: 'How long to wait once this step is reached.',
      examples: ['2d'],
    }).optional(),
    until: written({
      read: readMomentOrTimeOfDay,
      description:
        "Local date and time, in the timezone of the schedule, to wait for; in a journey also a time of day, in the contact's own zone.",
      examples: ['2027-04-15T09:00', '10:00'],
    }).optional(),
    ...eventWaitFields,
  })
  .meta({
    description: 'Waits: for a duration, until a moment or, in a journey, for what the contact does.',
    examples: [{ for: '2d' }, { event: 'order.paid', timeout: '2d' }],
    amend: 'live',
  });

const notifySchema = z
  .strictObject({
    to: z
      .array(id({ description: 'A role or a person.', examples: ['ops'] }))
      .min(1)
      .max(50)
      .meta({ description: 'Roles or people of volante.yaml.', examples: [['marketing'], ['ana']] }),
    subject: text({
      max: 300,
      description: 'Subject line, Liquid over `run` and `steps`.',
      examples: ['{{ run.campaign }} is out'],
    }),
    message: text({
      max: 10_000,
      description: 'Plain text, Liquid over `run` and `steps`.',
      examples: ['{{ steps.offer.sent }} messages sent.'],
    }),
  })
  .meta({
    description: 'A mail to the team.',
    examples: [{ to: ['ops'], subject: 'Done', message: '{{ steps.offer.sent }} messages sent.' }],
    approvals: 'kept',
  });

function readValidUntil(source: string): Reading<string> {
  return source === 'end' ? read('end') : readLocalTime(source);
}

/** Each word that makes a step do something; a step has exactly one of them. */
export const stepKindSchemas = {
  email: emailSchema,
  experiment: flagExperimentSchema,
  promotion: promotionSchema,
  gate: gateSchema,
  checkpoint: checkpointStepSchema,
  loyalty: loyaltyStepSchema,
  wait: waitSchema,
  notify: notifySchema,
};

export const stepSchema = z
  .strictObject({
    id: id({ description: 'Name of the step, unique in the file.', examples: ['offer'], amend: 'fixed' }),
    needs: z
      .array(id({ description: 'Id of a step.', examples: ['content'] }))
      .max(100)
      .optional()
      .meta({
        description:
          'Steps that must be finished before this one. Absent: the step before it in the file. Empty list: it may begin at once.',
        examples: [['content']],
      }),
    if: text({
      max: 2000,
      description:
        'CEL condition over `run` and `steps`, in a journey over `event`, `contact`, `journey` and `steps`; when false, the step is skipped.',
      examples: ['steps["offer"].sent > 0'],
    }).optional(),
    validUntil: written({
      read: readValidUntil,
      description: 'Local date and time, or `end`, from which this step does nothing any more.',
      examples: ['2027-04-10T20:00', 'end'],
      amend: 'live',
    }).optional(),
    onLate: z
      .enum(['send', 'skip', 'ask'])
      .default('ask')
      .meta({
        description: 'What happens when this step becomes ready later than `maxLateness`: go on, skip it, or ask.',
        examples: ['ask'],
      }),
    onFailure: z
      .enum(['abort', 'hold', 'continue'])
      .default('hold')
      .meta({
        description: 'What happens when this step fails: end the run, wait for a person, or go on with the next steps.',
        examples: ['hold'],
        amend: 'live',
      }),
    rollout: rolloutSchema.optional(),
    email: emailSchema.optional(),
    experiment: flagExperimentSchema.optional(),
    promotion: promotionSchema.optional(),
    gate: gateSchema.optional(),
    checkpoint: checkpointStepSchema.optional(),
    loyalty: loyaltyStepSchema.optional(),
    wait: waitSchema.optional(),
    notify: notifySchema.optional(),
  })
  .meta({
    description:
      'One thing the campaign does. Exactly one of `email`, `experiment`, `promotion`, `gate`, `checkpoint`, `loyalty`, `wait` and `notify` says what.',
    examples: [{ id: 'content', gate: { approvers: ['marketing'] } }],
    oneOf: Object.keys(stepKindSchemas).map((kind) => ({ required: [kind] })),
  });

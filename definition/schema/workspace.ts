/** `volante.yaml`, version 1: what all campaigns of a repository share. */

import { z } from 'zod';
import type { MetricEvent } from '../resolved-measuring';
import { eventTypePattern, longestEventType } from '../written/event-type';
import { frequencyCapPattern, readFrequencyCap } from '../written/frequency-cap';
import { moneyPattern, readMoney } from '../written/money';
import { ratePattern, readRate } from '../written/rate';
import { readTimeZone } from '../written/time-zone';
import { localePattern } from './campaign';
import { id, idPattern, text, written } from './field';
import { moneyCapSchema } from './money-cap';
import { repositorySchema } from './repositories';

const personSchema = z
  .strictObject({
    name: text({ max: 120, description: 'Full name.', examples: ['Ana García'] }),
    email: text({ max: 254, description: 'Where gates and notes are sent.', examples: ['ana@shop.example'] }),
    roles: z
      .array(id({ description: 'A role.', examples: ['marketing'] }))
      .min(1)
      .max(20)
      .meta({ description: 'What this person may decide about.', examples: [['marketing', 'legal']] }),
    locale: z
      .enum(['en', 'es'])
      .default('en')
      .meta({ description: 'Language of mails and pages.', examples: ['es'] }),
    timezone: written({
      read: readTimeZone,
      description: 'IANA time zone of the person. Absent: the default.',
      examples: ['Europe/Madrid'],
    }).optional(),
  })
  .meta({
    description: 'A member of the team.',
    examples: [{ name: 'Ana García', email: 'ana@shop.example', roles: ['marketing'] }],
  });

const senderSchema = z
  .strictObject({
    name: text({ max: 120, description: 'Name shown in the From header.', examples: ['La Tienda'] }),
    address: text({ max: 254, description: 'Address of the From header.', examples: ['hola@shop.example'] }),
    replyTo: text({ max: 254, description: 'Where answers go.', examples: ['ayuda@shop.example'] }).optional(),
    postalAddress: text({
      max: 300,
      description: 'Postal address shown in every message; the law asks for it (CAN-SPAM; LSSI 20).',
      examples: ['La Tienda S.L., Calle Mayor 1, 28013 Madrid, Spain'],
    }),
    listId: text({
      max: 200,
      description: '`List-Id` header (RFC 2919).',
      examples: ['offers.shop.example'],
    }).optional(),
  })
  .meta({
    description: 'Somebody messages come from.',
    examples: [
      { name: 'La Tienda', address: 'hola@shop.example', postalAddress: 'Calle Mayor 1, 28013 Madrid, Spain' },
    ],
  });

const dkimSchema = z
  .strictObject({
    domain: text({ max: 253, description: 'Signing domain (`d=`).', examples: ['shop.example'] }),
    selector: text({ max: 63, description: 'Selector (`s=`).', examples: ['volante'] }),
    privateKey: text({
      max: 300,
      description: 'Reference to the private key: `env://NAME` or `secret://NAME`.',
      examples: ['secret://DKIM_KEY'],
    }),
  })
  .meta({
    description: 'DKIM signature made here; leave out when the mail server signs.',
    examples: [{ domain: 'shop.example', selector: 'volante', privateKey: 'secret://DKIM_KEY' }],
  });

const smtpSchema = z
  .strictObject({
    url: text({
      max: 500,
      description: 'The server, best as a reference: `env://NAME` (an environment variable) or `secret://NAME`.',
      examples: ['env://SMTP_URL'],
    }),
    rate: written({
      read: readRate,
      pattern: ratePattern,
      description: 'Most messages per second, minute or hour, over all workers and campaigns. Absent: no limit.',
      examples: ['200/s'],
    }).optional(),
    burst: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .meta({ description: 'Messages that may go at once after a quiet spell.', examples: [200] }),
    connections: z
      .int()
      .min(1)
      .max(100)
      .default(5)
      .meta({ description: 'Connections that each worker process keeps.', examples: [10] }),
    costPerMessage: written({
      read: readMoney,
      pattern: moneyPattern,
      description: 'Price of one message; plans show the sum.',
      examples: ['0.0009 EUR'],
    }).optional(),
    dkim: dkimSchema.optional(),
  })
  .meta({ description: 'A mail server.', examples: [{ url: 'env://SMTP_URL', rate: '200/s' }] });

const unleashSchema = z
  .strictObject({
    url: text({
      max: 500,
      description: 'Base address of the server, or a reference.',
      examples: ['env://UNLEASH_URL', 'https://flags.shop.example'],
    }),
    token: text({
      max: 300,
      description: 'Reference to an admin token: `env://NAME` or `secret://NAME`.',
      examples: ['secret://UNLEASH_TOKEN'],
    }),
    project: text({ max: 100, description: 'Project that the flags are in.', examples: ['default'] }).default(
      'default',
    ),
    environment: text({
      max: 100,
      description: 'Environment in which the flags are switched.',
      examples: ['production'],
    }).default('development'),
  })
  .meta({
    description: 'A flag server, for experiments on web pages.',
    examples: [{ url: 'env://UNLEASH_URL', token: 'secret://UNLEASH_TOKEN' }],
  });

const stripeSchema = z
  .strictObject({
    key: text({
      max: 300,
      description: 'Reference to a secret or restricted key that may write coupons and promotion codes.',
      examples: ['secret://STRIPE_KEY'],
    }),
    url: text({
      max: 500,
      description: 'Address of the API, or a reference.',
      examples: ['https://api.stripe.com'],
    }).default('https://api.stripe.com'),
  })
  .meta({ description: 'Stripe, for promotion codes.', examples: [{ key: 'secret://STRIPE_KEY' }] });

const shopifySchema = z
  .strictObject({
    token: text({
      max: 300,
      description: 'Reference to an Admin API token that may write discounts.',
      examples: ['secret://SHOPIFY_TOKEN'],
    }),
    url: text({
      max: 500,
      description: 'Address of the shop, or a reference.',
      examples: ['https://shop.myshopify.com'],
    }),
  })
  .meta({
    description: 'A Shopify shop, for discount codes.',
    examples: [{ token: 'secret://SHOPIFY_TOKEN', url: 'https://shop.myshopify.com' }],
  });

const medusaSchema = z
  .strictObject({
    token: text({
      max: 300,
      description: 'Reference to a secret API key of the Medusa server.',
      examples: ['secret://MEDUSA_KEY'],
    }),
    url: text({
      max: 500,
      description: 'Address of the Medusa server, or a reference.',
      examples: ['https://medusa.shop.example'],
    }),
  })
  .meta({
    description: 'A Medusa shop, for promotion codes and, with its loyalty plugin, store credit.',
    examples: [{ token: 'secret://MEDUSA_KEY', url: 'https://medusa.shop.example' }],
  });

const platformKinds = {
  smtp: smtpSchema.optional(),
  unleash: unleashSchema.optional(),
  stripe: stripeSchema.optional(),
  shopify: shopifySchema.optional(),
  medusa: medusaSchema.optional(),
};

const platformSchema = z.strictObject(platformKinds).meta({
  description: 'An outside system; its one key says which kind.',
  examples: [{ smtp: { url: 'env://SMTP_URL' } }],
  oneOf: Object.keys(platformKinds).map((kind) => ({ required: [kind] })),
});

const secretReference = (options: { description: string; examples: string[] }) => text({ max: 300, ...options });

/** A source's own word for what happened, such as `order.paid`. */
const eventType = z.string().max(longestEventType).regex(eventTypePattern);

/** Every kind but `exposed`, which knows more than a type does. */
const countedKinds = [
  'delivered',
  'bounced',
  'complained',
  'unsubscribed',
  'clicked',
  'opened',
  'converted',
  'revenue',
  'refund',
] as const satisfies readonly MetricEvent[];

const dataPathPattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,9}$/;
const dataPath = (options: { description: string; examples: string[] }) =>
  z
    .string()
    .max(200)
    .regex(dataPathPattern)
    .meta({ ...options, description: `${options.description} A path into the data, such as customer.email.` });

const sourceSchema = z
  .strictObject({
    events: z
      .strictObject({
        secret: secretReference({
          description: 'Reference to the secret that signs what this source posts.',
          examples: ['secret://SHOP_EVENTS'],
        }),
        kinds: z
          .record(
            eventType,
            z.enum(countedKinds).meta({ description: 'What metrics count it as.', examples: ['converted', 'refund'] }),
          )
          .optional()
          .meta({
            description: 'Its own types of events that metrics count, and as what.',
            examples: [{ 'order.paid': 'converted', 'order.refunded': 'refund' }],
          }),
        redeem: z
          .boolean()
          .optional()
          .meta({ description: 'It may ask the gateway for the use of promotion codes.', examples: [true] }),
        fields: z
          .strictObject({
            email: dataPath({ description: 'Address of whom it is about.', examples: ['customer.email'] }).optional(),
            contactId: dataPath({ description: 'Number of the contact here.', examples: ['contactId'] }).optional(),
            externalId: dataPath({
              description: 'Number of the contact in the other system.',
              examples: ['customer.id'],
            }).optional(),
            amount: dataPath({ description: 'Amount of money.', examples: ['order.total'] }).optional(),
            currency: dataPath({ description: 'Currency, ISO 4217.', examples: ['order.currency'] }).optional(),
          })
          .optional()
          .meta({
            description: 'Where the data of its typed events say whom they are about, and how much.',
            examples: [{ email: 'customer.email', amount: 'total' }],
          }),
      })
      .optional()
      .meta({ description: 'Posts events to the gateway.', examples: [{ secret: 'secret://SHOP_EVENTS' }] }),
    sql: z
      .strictObject({
        url: secretReference({
          description: 'Reference to the address of a PostgreSQL database; read only.',
          examples: ['secret://WAREHOUSE_URL'],
        }),
      })
      .optional()
      .meta({ description: 'Answers queries.', examples: [{ url: 'secret://WAREHOUSE_URL' }] }),
    http: z
      .strictObject({
        url: text({
          max: 500,
          description: 'Address that answers measurements as JSON, or a reference.',
          examples: ['https://metrics.shop.example/volante'],
        }),
        secret: secretReference({
          description: 'Reference to the secret that signs what is asked.',
          examples: ['secret://METRICS_KEY'],
        }).optional(),
      })
      .optional()
      .meta({ description: 'Answers measurements.', examples: [{ url: 'https://metrics.shop.example/volante' }] }),
  })
  .meta({
    description: 'Where events or measurements come from; its one key says how.',
    examples: [{ events: { secret: 'secret://SHOP_EVENTS' } }],
    oneOf: [{ required: ['events'] }, { required: ['sql'] }, { required: ['http'] }],
  });

const keyed = <T extends z.ZodType>(value: T) => z.record(z.string().regex(idPattern).max(63), value);

export const workspaceSchema = z
  .strictObject({
    environment: id({
      description: 'Name of this environment; part of every workflow id.',
      examples: ['local', 'production'],
    }),
    people: keyed(personSchema).meta({
      description: 'The team, by id.',
      examples: [{ ana: { name: 'Ana García', email: 'ana@shop.example', roles: ['marketing'] } }],
    }),
    senders: keyed(senderSchema).meta({
      description: 'Who messages may come from, by id.',
      examples: [
        {
          shop: {
            name: 'La Tienda',
            address: 'hola@shop.example',
            postalAddress: 'Calle Mayor 1, 28013 Madrid, Spain',
          },
        },
      ],
    }),
    platforms: keyed(platformSchema).meta({
      description: 'Outside systems, by id.',
      examples: [{ mail: { smtp: { url: 'env://SMTP_URL', rate: '200/s' } } }],
    }),
    sources: keyed(sourceSchema)
      .default({})
      .meta({
        description: 'Where events and measurements come from, by id.',
        examples: [{ shop: { events: { secret: 'secret://SHOP_EVENTS' } } }],
      }),
    repositories: keyed(repositorySchema)
      .default({})
      .meta({
        description: 'Where campaigns are launched from by commit, by id.',
        examples: [{ shop: { url: 'https://git.shop.example/marketing/campaigns.git', actor: 'luis' } }],
      }),
    frequencyCaps: z
      .array(
        written({
          read: readFrequencyCap,
          pattern: frequencyCapPattern,
          description: 'A cap.',
          examples: ['3 per 7d'],
        }),
      )
      .max(10)
      .default([])
      .meta({
        description: 'Most messages that one contact gets within any such window, over all campaigns.',
        examples: [['3 per 7d']],
      }),
    moneyCaps: z
      .array(moneyCapSchema)
      .max(10)
      .default([])
      .meta({
        description: 'Most that all campaigns together may promise in codes within any such window.',
        examples: [[{ per: '30d', amount: '10000 EUR' }]],
      }),
    team: z
      .strictObject({
        sender: id({ description: 'A key of `senders`.', examples: ['shop'] }),
        platform: id({ description: 'A key of `platforms`.', examples: ['mail'] }),
      })
      .meta({ description: 'How mails to the team are sent.', examples: [{ sender: 'shop', platform: 'mail' }] }),
    defaults: z
      .strictObject({
        sender: id({ description: 'A key of `senders`.', examples: ['shop'] }),
        platform: id({ description: 'A key of `platforms`.', examples: ['mail'] }),
        locale: z
          .string()
          .regex(localePattern)
          .meta({ description: 'Language, BCP 47.', examples: ['es'] }),
        timezone: written({ read: readTimeZone, description: 'IANA time zone.', examples: ['Europe/Madrid'] }),
      })
      .meta({
        description: 'What campaigns use when they say nothing.',
        examples: [{ sender: 'shop', platform: 'mail', locale: 'es', timezone: 'Europe/Madrid' }],
      }),
  })
  .meta({ title: 'Volante workspace', description: 'What all campaigns of a repository share.' });

export type AuthoredWorkspace = z.output<typeof workspaceSchema>;

import type { Rule } from './rule';

const gate = '  - id: content\n    gate: { approvers: [marketing, ops], quorum: 1 }\n';
const letter = '  - id: letter\n    email: { template: offer.html, subject: Hello }\n';
const head = 'id: welcome\nname: Welcome\nowner: ana\n';
const trigger = 'trigger: { event: contact.created }\n';

/** A whole triggered campaign: keys besides the trigger, the trigger, and steps after the gate. */
const journey = (given: { keys?: string; trigger?: string; steps?: string }) =>
  `${head}${given.keys ?? ''}${given.trigger ?? trigger}steps:\n${given.steps ?? `${gate}${letter}`}`;

const withTrigger = (more: string) => journey({ trigger: `trigger: { event: order.paid, ${more} }\n` });
const withWait = (wait: string) => journey({ steps: `${gate}  - id: rest\n    wait: ${wait}\n${letter}` });

/** JRNY: journeys that events start. */
export const journeyRules: readonly Rule[] = [
  {
    id: 'JRNY-901',
    severity: 'error',
    title: 'a triggered campaign has no audience, rollout or cron',
    why: 'each event names its contact, one at a time: there is nobody to freeze, to release in waves or to start at an hour',
    fix: 'leave the key out, or leave `trigger` out',
    example: {
      whole: true,
      fail: journey({ keys: 'audience: { from: contacts }\n' }),
      pass: journey({}),
    },
  },
  {
    id: 'JRNY-902',
    severity: 'error',
    title: 'journeys take no step of this kind',
    why: 'a journey is for one contact: arms, experiments and checkpoints need many at once',
    fix: 'leave the step or the arms out of the triggered campaign',
    example: {
      whole: true,
      fail: journey({
        steps: `${gate}  - id: letter\n    email: { template: offer.html, subject: Hello, arms: { a: {}, b: { subject: Hi } } }\n`,
      }),
      pass: journey({}),
    },
  },
  {
    id: 'JRNY-903',
    severity: 'error',
    title: 'gates come before every other step of a journey',
    why: 'people decide once, about the campaign, before its trigger opens; they are not asked for each contact',
    fix: 'put the gates first',
    example: {
      whole: true,
      fail: journey({
        steps: `${gate}${letter}  - id: again\n    gate: { approvers: [marketing, ops], quorum: 1 }\n`,
      }),
      pass: journey({}),
    },
  },
  {
    id: 'JRNY-904',
    severity: 'error',
    title: 'condition of a journey cannot be decided',
    why: 'it must be a CEL condition that is true or false, over `event` and `contact`, and in exits and steps over `journey` and `steps`',
    fix: 'compare fields of the event or attributes of the contact with values',
    example: {
      whole: true,
      fail: withTrigger('where: event.total > 50'),
      pass: withTrigger('where: event.data.total > 50'),
    },
  },
  {
    id: 'JRNY-905',
    severity: 'error',
    title: 'condition of a journey uses personal data',
    why: 'names and addresses never decide what happens to somebody, and no key may be made of them: keys name workflows',
    fix: 'use an order number, an imported attribute, or nothing',
    example: {
      whole: true,
      fail: withTrigger('key: event.data.email'),
      pass: withTrigger('key: event.data.orderId'),
    },
  },
  {
    id: 'JRNY-906',
    severity: 'error',
    title: 'key of a journey is no text',
    why: 'journeys of one contact are told apart by it',
    fix: 'name a field of the event that identifies what the journey is about, such as event.data.orderId',
    example: {
      whole: true,
      fail: withTrigger('key: event.data.total > 50'),
      pass: withTrigger('key: event.data.orderId'),
    },
  },
  {
    id: 'JRNY-907',
    severity: 'error',
    title: '`reentry: always` needs a key',
    why: 'without one, every event would put the same contact through the same journey at the same time',
    fix: 'say in `key` what the journeys are about, or leave `reentry` out',
    example: {
      whole: true,
      fail: withTrigger('reentry: always'),
      pass: withTrigger('reentry: always, key: event.data.orderId'),
    },
  },
  {
    id: 'JRNY-908',
    severity: 'error',
    title: 'only journeys have this',
    why: 'without `trigger` the campaign runs for its whole audience: no event, no zone of one contact, no group to compete in',
    fix: 'leave it out, or give the campaign a `trigger`',
    example: { fail: 'priority: 10', pass: 'name: Spring sale' },
  },
  {
    id: 'JRNY-909',
    severity: 'error',
    title: 'a wait for an event says which and how long',
    why: 'an event that never comes would hold the journey for ever',
    fix: 'write `event` and `timeout`, and neither `for` nor `until`',
    example: {
      whole: true,
      fail: withWait('{ event: order.paid }'),
      pass: withWait('{ event: order.paid, timeout: 2d }'),
    },
  },
  {
    id: 'JRNY-910',
    severity: 'error',
    title: 'two exits have one name',
    why: 'the report counts journeys by the exit they took',
    fix: 'give each exit a `name` of its own',
    example: {
      whole: true,
      fail: withTrigger('exit: [{ on: order.paid }, { on: order.cancelled }]'),
      pass: withTrigger('exit: [{ on: order.paid, name: bought }, { on: order.cancelled, name: cancelled }]'),
    },
  },
];

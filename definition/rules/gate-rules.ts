import type { Rule } from './rule';

const gate = (fields: string) => `steps:\n  - id: content\n    gate: { approvers: [marketing]${fields} }`;
const offer = '  - id: offer\n    email: { template: offer.html, subject: Hello }';

/** GATE: who decides. */
export const gateRules: readonly Rule[] = [
  {
    id: 'GATE-401',
    severity: 'error',
    title: 'nothing is sent unapproved',
    why: 'an e-mail cannot be unsent; each e-mail step needs, directly or through other steps, a gate without `if`',
    fix: 'add a gate step before it, or name one in its `needs`',
    example: { fail: `steps:\n${offer}`, pass: `${gate('')}\n${offer}` },
  },
  {
    id: 'GATE-402',
    severity: 'error',
    title: 'fewer people than the quorum',
    why: 'the gate could never be passed',
    fix: 'lower the quorum, or give more people the role',
    example: { fail: gate(', quorum: 3'), pass: gate(', quorum: 2') },
  },
  {
    id: 'GATE-403',
    severity: 'warning',
    title: 'the owner is needed to pass the gate',
    why: 'the person who applies the plan may not decide; if the owner does, too few people are left',
    fix: 'add a role, lower the quorum, or set allowAuthor: true',
    example: { fail: gate(', quorum: 2'), pass: gate(', quorum: 2, allowAuthor: true') },
  },
  {
    id: 'GATE-404',
    severity: 'error',
    title: 'escalation is said by half',
    why: '`onExpiry: escalate` and `escalateTo` only mean something together',
    fix: 'write both or neither',
    example: { fail: gate(', onExpiry: escalate'), pass: gate(', onExpiry: escalate, escalateTo: [ops]') },
  },
  {
    id: 'GATE-405',
    severity: 'error',
    title: 'reminders are not in order',
    why: 'reminders lie between the opening of the gate and its expiry, each later than the one before',
    fix: 'write shares above 0% and below 100%, rising',
    example: { fail: gate(', remindAt: [90%, 50%]'), pass: gate(', remindAt: [50%, 90%]') },
  },
  {
    id: 'GATE-406',
    severity: 'error',
    title: 'a gate cannot be passed by failing',
    why: '`onFailure: continue` would let through what nobody approved',
    fix: 'use hold or abort',
    example: {
      fail: 'steps:\n  - id: content\n    onFailure: continue\n    gate: { approvers: [marketing] }',
      pass: 'steps:\n  - id: content\n    onFailure: hold\n    gate: { approvers: [marketing] }',
    },
  },
];

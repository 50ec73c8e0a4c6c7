import type { Rule } from './rule';

const gate = '  - id: content\n    gate: { approvers: [marketing] }\n';
const offer = '  - id: offer\n    email: { template: offer.html, subject: Hello }';

/** STEP: what it does. */
export const stepRules: readonly Rule[] = [
  {
    id: 'STEP-501',
    severity: 'error',
    title: 'a step does exactly one thing',
    why: 'one word says what the step does: email, gate, wait or notify',
    fix: 'write one of them; make two steps of two',
    example: { fail: 'steps:\n  - id: rest', pass: 'steps:\n  - id: rest\n    wait: { for: 1h }' },
  },
  {
    id: 'STEP-502',
    severity: 'error',
    title: 'a wait is for a duration or until a moment',
    why: 'with both or neither, nobody knows when it ends',
    fix: 'write one of `for` and `until`',
    example: {
      fail: 'steps:\n  - id: rest\n    wait: {}',
      pass: 'steps:\n  - id: rest\n    wait: { for: 1h }',
    },
  },
  {
    id: 'STEP-504',
    severity: 'error',
    title: 'condition of a step is wrong',
    why: 'it must be a CEL condition that is true or false, over `run` and `steps`',
    fix: 'compare fields of `run` or of earlier steps, such as steps["offer"].sent > 0',
    example: {
      fail: `steps:\n${gate}  - id: rest\n    if: contact.orders > 1\n    wait: { for: 1h }`,
      pass: `steps:\n${gate}  - id: rest\n    if: run.members > 1\n    wait: { for: 1h }`,
    },
  },
  {
    id: 'STEP-505',
    severity: 'error',
    title: 'condition looks at a step that may not be finished',
    why: 'what a step has done is known only to those that need it',
    fix: 'name that step in `needs`',
    example: {
      fail: `steps:\n${gate}  - id: rest\n    needs: []\n    if: steps["content"].state == "done"\n    wait: { for: 1h }`,
      pass: `steps:\n${gate}  - id: rest\n    if: steps["content"].state == "done"\n    wait: { for: 1h }`,
    },
  },
  {
    id: 'STEP-506',
    severity: 'warning',
    title: 'nothing is delivered',
    why: 'no step of this campaign reaches its audience',
    fix: 'add an email step',
    example: { fail: `steps:\n${gate}`, pass: `steps:\n${gate}${offer}` },
  },
  {
    id: 'STEP-507',
    severity: 'error',
    title: 'text to the team cannot be filled in',
    why: 'the note would fail when everything else is done; it may use run.campaign, run.members and steps it needs',
    fix: 'use `run` and the steps before this one, such as {{ steps.offer.sent }}',
    example: {
      fail: `steps:\n${gate}  - id: note\n    notify: { to: [ops], subject: Done, message: "{{ steps.offer.sent }} sent" }`,
      pass: `steps:\n${gate}${offer}\n  - id: note\n    notify: { to: [ops], subject: Done, message: "{{ steps.offer.sent }} sent" }`,
    },
  },
];

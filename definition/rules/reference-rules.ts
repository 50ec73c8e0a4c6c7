import type { Rule } from './rule';

const gate = '  - id: content\n    gate: { approvers: [marketing] }\n';
const email = (fields: string) =>
  `steps:\n${gate}  - id: offer\n    email: { template: offer.html, subject: Hello${fields} }`;

/** REF: what a definition refers to must exist. */
export const referenceRules: readonly Rule[] = [
  {
    id: 'REF-101',
    severity: 'error',
    title: 'unknown sender',
    why: 'every message names who it comes from, with a postal address (CAN-SPAM; LSSI 20)',
    fix: 'use a key of `senders` in volante.yaml, or add one',
    example: { fail: email(', sender: shopp'), pass: email(', sender: shop') },
  },
  {
    id: 'REF-102',
    severity: 'error',
    title: 'unknown platform',
    why: 'the step would have nothing to send with',
    fix: 'use a key of `platforms` in volante.yaml, or add one',
    example: { fail: email(', platform: mial'), pass: email(', platform: mail') },
  },
  {
    id: 'REF-103',
    severity: 'error',
    title: 'nobody has this role',
    why: 'a gate or a note that reaches nobody is never answered',
    fix: 'use a role (or, for notify, a person) of volante.yaml',
    example: {
      fail: 'steps:\n  - id: content\n    gate: { approvers: [markting] }',
      pass: 'steps:\n  - id: content\n    gate: { approvers: [marketing] }',
    },
  },
  {
    id: 'REF-104',
    severity: 'error',
    title: 'unknown person',
    why: 'the owner answers for the campaign and is asked when something is wrong',
    fix: 'use a key of `people` in volante.yaml',
    example: { fail: 'owner: anna', pass: 'owner: ana' },
  },
  {
    id: 'REF-105',
    severity: 'error',
    title: '`needs` names a step that does not exist',
    why: 'the step would wait for ever',
    fix: 'use the id of a step of this file',
    example: {
      fail: `steps:\n${gate}  - id: rest\n    needs: [contents]\n    wait: { for: 1h }`,
      pass: `steps:\n${gate}  - id: rest\n    needs: [content]\n    wait: { for: 1h }`,
    },
  },
  {
    id: 'REF-106',
    severity: 'error',
    title: 'steps need each other in a circle',
    why: 'none of them could ever begin',
    fix: 'remove one of the needs',
    example: {
      fail: 'steps:\n  - id: a\n    needs: [b]\n    wait: { for: 1h }\n  - id: b\n    needs: [a]\n    wait: { for: 1h }',
      pass: 'steps:\n  - id: a\n    wait: { for: 1h }\n  - id: b\n    needs: [a]\n    wait: { for: 1h }',
    },
  },
  {
    id: 'REF-107',
    severity: 'error',
    title: 'two steps have the same id',
    why: 'deliveries and decisions are kept by the id of their step',
    fix: 'give one of them another id',
    example: {
      fail: 'steps:\n  - id: rest\n    wait: { for: 1h }\n  - id: rest\n    wait: { for: 1h }',
      pass: 'steps:\n  - id: rest\n    wait: { for: 1h }\n  - id: rest-again\n    wait: { for: 1h }',
    },
  },
  {
    id: 'REF-108',
    severity: 'error',
    title: 'file does not exist',
    why: 'the step would have nothing to send',
    fix: "add the file to the campaign's folder, or correct its name",
    example: { fail: 'audience: { from: ./poeple.csv }', pass: 'audience: { from: ./people.csv }' },
  },
  {
    id: 'REF-109',
    severity: 'error',
    title: 'file is of the wrong kind',
    why: 'how a file is read depends on the ending of its name',
    fix: 'templates end in .mjml or .html, texts in .txt, lists of people in .csv',
    example: { fail: 'audience: { from: ./offer.html }', pass: 'audience: { from: ./people.csv }' },
  },
];

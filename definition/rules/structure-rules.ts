import type { Rule } from './rule';

const validHead = 'id: spring-sale\nname: Spring sale\nowner: ana\naudience: { from: contacts }\n';
const validSteps =
  'steps:\n  - id: content\n    gate: { approvers: [marketing] }\n  - id: note\n    notify: { to: [ops], subject: Done, message: Done. }\n';

/** DEF: what the file is made of. */
export const structureRules: readonly Rule[] = [
  {
    id: 'DEF-001',
    severity: 'error',
    title: 'file is not readable YAML or JSON',
    why: 'a file that cannot be read cannot be run',
    fix: 'correct the syntax at this place',
    example: { fail: 'name: "Spring sale', pass: 'name: "Spring sale"' },
  },
  {
    id: 'DEF-002',
    severity: 'error',
    title: 'more than one document in a file',
    why: 'a file defines one campaign; a second document would be ignored unseen',
    fix: 'move what follows `---` to a file of its own',
    example: { whole: true, fail: `${validHead}${validSteps}---\nid: other\n`, pass: `---\n${validHead}${validSteps}` },
  },
  {
    id: 'DEF-003',
    severity: 'error',
    title: 'key is written twice',
    why: 'only one of the two can count, and programs differ in which',
    fix: 'keep one of them',
    example: { fail: 'name: Spring sale\nname: Autumn sale', pass: 'name: Spring sale' },
  },
  {
    id: 'DEF-004',
    severity: 'error',
    title: 'unknown key',
    why: 'a word that is not understood would be ignored, and what it asked for would not happen',
    fix: 'correct or remove it; the schema lists the keys',
    example: { fail: 'nmae: Spring sale\nname: Spring sale', pass: 'name: Spring sale' },
  },
  {
    id: 'DEF-005',
    severity: 'error',
    title: 'word is not in this version',
    why: 'it is planned, but nothing would happen yet; ignoring it would break the promise it makes',
    fix: 'remove it until a version that knows it',
    example: { fail: 'rules: {}\nname: Spring sale', pass: 'name: Spring sale' },
  },
  {
    id: 'DEF-006',
    severity: 'error',
    title: 'unquoted value is ambiguous',
    why: 'YAML 1.1, YAML 1.2 and people read it differently',
    fix: 'put it in quotes, or write it another way',
    example: { fail: 'locale: no', pass: 'locale: "no"' },
  },
  {
    id: 'DEF-007',
    severity: 'error',
    title: 'value is of the wrong kind',
    why: 'the field needs another kind of value',
    fix: 'write the kind of value that the field needs',
    example: { fail: 'name: [Spring, sale]', pass: 'name: Spring sale' },
  },
  {
    id: 'DEF-008',
    severity: 'error',
    title: 'required field is missing',
    why: 'without it the campaign is not fully said',
    fix: 'add it',
    example: { fail: 'audience: { holdout: 10% }', pass: 'audience: { from: contacts, holdout: 10% }' },
  },
  {
    id: 'DEF-009',
    severity: 'error',
    title: 'file is not a mapping of words to values',
    why: 'a definition is a list of `key: value` lines',
    fix: 'write keys and values',
    example: { whole: true, fail: '- id: spring-sale\n', pass: `${validHead}${validSteps}` },
  },
  {
    id: 'DEF-010',
    severity: 'error',
    title: 'value is not one of those allowed',
    why: 'the value is of the right kind, but outside what the field accepts',
    fix: 'use an allowed value',
    example: { fail: 'locale: Spanish', pass: 'locale: es' },
  },
  {
    id: 'DEF-011',
    severity: 'error',
    title: 'not a valid id',
    why: 'ids become workflow ids, links and names in reports: lower-case letters, digits and single hyphens, at most 63',
    fix: 'use lower-case letters, digits and hyphens, beginning with a letter',
    example: { fail: 'id: Spring Sale!', pass: 'id: spring-sale' },
  },
  {
    id: 'DEF-012',
    severity: 'error',
    title: 'two campaigns have the same id',
    why: 'runs, reports and the rule "once per revision" are kept by id',
    fix: 'give one of them another id',
    example: { fail: 'id: already-taken', pass: 'id: spring-sale' },
  },
  {
    id: 'DEF-013',
    severity: 'error',
    title: 'file is not UTF-8 text',
    why: 'a wrongly read letter would be sent to everybody',
    fix: 'save the file as UTF-8',
    example: {
      whole: true,
      fail: `${validHead}# caf\u00E9 in Latin-1\n${validSteps}`,
      pass: `${validHead}# café in UTF-8\n${validSteps}`,
    },
  },
];

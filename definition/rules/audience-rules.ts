import type { Rule } from './rule';

const where = (condition: string) => `audience: { from: contacts, where: '${condition}' }`;

/** AUD: whom it reaches. */
export const audienceRules: readonly Rule[] = [
  {
    id: 'AUD-301',
    severity: 'error',
    title: 'condition cannot be read',
    why: 'conditions are written in CEL, the Common Expression Language',
    fix: 'correct the condition at this place',
    example: { fail: where('contact.orders >'), pass: where('contact.orders > 0') },
  },
  {
    id: 'AUD-302',
    severity: 'error',
    title: 'condition cannot be decided',
    why: 'it must be true or false for each contact, and may use only `contact`',
    fix: 'compare attributes of `contact` with values',
    example: { fail: where('contact.orders + 1'), pass: where('contact.orders + 1 > 2') },
  },
  {
    id: 'AUD-303',
    severity: 'error',
    title: 'condition uses personal data',
    why: 'names and addresses never decide who is targeted: conditions are kept, shown and compared in clear text',
    fix: 'use contact.timeZone, contact.locale, contact.createdAt or an imported attribute',
    example: { fail: where('contact.email == "ana@shop.example"'), pass: where('contact.locale == "es"') },
  },
  {
    id: 'AUD-304',
    severity: 'error',
    title: 'function is not available in conditions',
    why: 'a regular expression can take longer than the age of the universe on one contact',
    fix: 'use ==, in, startsWith, endsWith or contains',
    example: { fail: where('contact.city.matches("^(a+)+$")'), pass: where('contact.city.startsWith("Val")') },
  },
  {
    id: 'AUD-305',
    severity: 'error',
    title: 'not a percentage that makes sense here',
    why: 'shares are written with the sign, from 0% up; a holdout leaves somebody to write to',
    fix: 'write it as 10%',
    example: {
      fail: 'audience: { from: contacts, holdout: 110% }',
      pass: 'audience: { from: contacts, holdout: 10% }',
    },
  },
  {
    id: 'AUD-306',
    severity: 'error',
    title: 'CSV has no `email` column',
    why: 'the first line names the columns, and people are found by their address',
    fix: 'add a first line such as email,firstName,country',
    example: { fail: 'audience: { from: ./no-header.csv }', pass: 'audience: { from: ./people.csv }' },
  },
];

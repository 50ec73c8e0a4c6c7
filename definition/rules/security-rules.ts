import { limits } from '../source/limits';
import type { Rule } from './rule';

/** SEC: definitions are hostile input. */
export const securityRules: readonly Rule[] = [
  {
    id: 'SEC-601',
    severity: 'error',
    title: 'definition file is too large',
    why: `a definition is at most ${limits.definitionBytes / 1024} kB and ${limits.tokens} pieces, so that reading it is always quick`,
    fix: 'move texts to templates and people to a CSV file',
    example: { fail: `name: Spring sale\n#${' padding'.repeat(40_000)}`, pass: 'name: Spring sale' },
  },
  {
    id: 'SEC-602',
    severity: 'error',
    title: 'definition is nested too deeply',
    why: `nothing in a definition needs more than ${limits.depth} levels; deeper files only serve to exhaust a parser`,
    fix: 'flatten it',
    example: { fail: `name: ${'['.repeat(40)}x${']'.repeat(40)}`, pass: 'name: Spring sale' },
  },
  {
    id: 'SEC-603',
    severity: 'error',
    title: 'too many aliases',
    why: 'aliases of aliases make a small file huge in memory',
    fix: 'write the values out',
    example: {
      fail: `name: &n Spring sale\nstory: [${Array.from({ length: limits.aliases + 1 }, () => '*n').join(', ')}]`,
      pass: 'name: &n Spring sale\nstory: { as: buyer, want: *n, so: I save }',
    },
  },
  {
    id: 'SEC-604',
    severity: 'error',
    title: 'tags are not allowed',
    why: 'tags make programs build objects of their own choosing from a text file',
    fix: 'remove the tag (the word that begins with `!`)',
    example: { fail: 'name: !!js/function Spring', pass: 'name: Spring sale' },
  },
  {
    id: 'SEC-605',
    severity: 'error',
    title: 'hidden or control character',
    why: 'it makes the file read differently from what it says (CVE-2021-42574), or ends a text early',
    fix: 'remove the character',
    example: { fail: 'name: "Spring \u202Eelas"', pass: 'name: "Spring sale"' },
  },
  {
    id: 'SEC-606',
    severity: 'error',
    title: "file lies outside the campaign's folder",
    why: 'a campaign may use only what is reviewed together with it',
    fix: "copy the file into the campaign's folder and write its name",
    example: { fail: 'audience: { from: ./../people.csv }', pass: 'audience: { from: ./people.csv }' },
  },
  {
    id: 'SEC-607',
    severity: 'error',
    title: 'file is reached through a symbolic link',
    why: 'what a link points to changes without anybody seeing it in the review',
    fix: 'put the file itself into the folder',
    example: { fail: 'audience: { from: ./linked.csv }', pass: 'audience: { from: ./people.csv }' },
  },
  {
    id: 'SEC-608',
    severity: 'error',
    title: 'referenced file is too large',
    why: `templates and texts are at most ${limits.templateBytes / 1024} kB, CSV files at most ${limits.csvBytes / 1024 / 1024} MB`,
    fix: 'make it smaller',
    example: { fail: 'audience: { from: ./huge.csv }', pass: 'audience: { from: ./people.csv }' },
  },
  {
    id: 'SEC-609',
    severity: 'warning',
    title: 'password stands in the workspace file',
    why: 'whoever can read the repository, now or later, can read it',
    fix: 'set an environment variable and write env://NAME',
    example: {
      file: 'workspace',
      fail: 'platforms: { mail: { smtp: { url: "smtp://user:secret@mail.shop.example:587" } } }',
      pass: 'platforms: { mail: { smtp: { url: env://SMTP_URL } } }',
    },
  },
];

import { stringify } from 'yaml';
import { didYouMean } from '../../definition/check/did-you-mean';
import { findRule, type KnownRule, ruleIds } from '../../definition/rules/registry';
import { amendWords, type Field, fieldsOf } from '../../definition/schema/fields';
import { type ErrorCode, errorCatalogue } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import type { Command, CommandResult } from '../command';
import type { Colors } from '../terminal';

export const command: Command = {
  summary: 'describe a field, a rule or an error code',
  arguments: [{ name: '<word>', description: 'such as schedule.quietHours, GATE-401 or VOL-400' }],
  examples: ['explain schedule.quietHours', 'explain gate', 'explain GATE-401', 'explain VOL-400'],
  async run({ argument, terminal: { colors } }) {
    const word = argument(0) ?? '';
    const rule = findRule(word);
    if (rule) return explainRule(rule, colors);
    const code = word.toUpperCase();
    if (isErrorCode(code)) return explainError(code, colors);
    const fields = [...fieldsOf('campaign'), ...fieldsOf('workspace')];
    const found = fieldsNamed(word, fields);
    if (found.length > 0) return explainFields(found, colors);
    throw unknownWord(word, fields);
  },
};

function isErrorCode(code: string): code is ErrorCode {
  return code in errorCatalogue;
}

/** The field with this path, or else all fields whose path ends with it. */
function fieldsNamed(word: string, fields: readonly Field[]): Field[] {
  const exact = fields.filter(({ path }) => path === word);
  return exact.length > 0 ? exact : fields.filter(({ path }) => path.endsWith(`.${word}`));
}

function unknownWord(word: string, fields: readonly Field[]): VolanteError {
  const known = [
    ...ruleIds,
    ...Object.keys(errorCatalogue),
    ...fields.flatMap(({ path }) => [path, path.split('.').at(-1) ?? path]),
  ];
  const meant = didYouMean(word, [...new Set(known)]);
  return new VolanteError('VOL-102', {
    message: `nothing is called "${word}"`,
    fix: meant ? `did you mean "${meant}"?` : 'name a field, a rule or an error code',
  });
}

function explainRule(rule: KnownRule, colors: Colors): CommandResult {
  const { id, severity, title, why, fix, example, source } = rule;
  const file = example?.file === 'workspace' ? 'volante.yaml' : example ? 'campaign files' : 'messages';
  const text = [
    colors.bold(`${id}  ${title}`),
    `${severity} in ${file}${source ? ` (${source})` : ''}`,
    '',
    `why:  ${why}`,
    `fix:  ${fix}`,
    ...(example
      ? ['', colors.red('breaks it:'), sample(example.fail), colors.green('keeps it:'), sample(example.pass)]
      : []),
  ].join('\n');
  return { text, json: { rule: id, severity, title, why, fix, source, example } };
}

const longestSample = 600;

function sample(text: string): string {
  const shown = text.length > longestSample ? `${text.slice(0, 80)}… (${text.length} characters)` : text.trimEnd();
  return indented(visible(shown));
}

/** Hidden characters as their code, so that an example can be seen and does not steer the terminal. */
function visible(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Cf}]/gu, (hidden) => `\\u${hidden.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function explainError(code: ErrorCode, colors: Colors): CommandResult {
  const { title, fix, exitCode } = errorCatalogue[code];
  const text = [colors.bold(`${code}  ${title}`), `exit code ${exitCode}`, '', `fix:  ${fix}`].join('\n');
  return { text, json: { code, title, fix, exitCode } };
}

function explainFields(fields: readonly Field[], colors: Colors): CommandResult {
  return { text: fields.map((field) => fieldText(field, colors)).join('\n\n'), json: { fields } };
}

function fieldText(field: Field, colors: Colors): string {
  const file = field.file === 'workspace' ? 'volante.yaml' : 'campaign file';
  const presence = field.required
    ? 'required'
    : field.whenAbsent === undefined
      ? 'may be left out'
      : `when left out: ${JSON.stringify(field.whenAbsent)}`;
  const name = field.path.split('.').at(-1) ?? field.path;
  return [
    `${colors.bold(field.path)}  ${colors.dim(`(${file})`)}`,
    `${field.kind}, ${presence}`,
    ...(field.description ? ['', field.description] : []),
    ...(field.amend ? ['', `in a run under way: ${amendWords(field)}`] : []),
    ...(field.children.length > 0 ? ['', `holds: ${field.children.join(', ')}`] : []),
    '',
    'example:',
    ...field.examples.map((example) => indented(stringify({ [name]: example }).trimEnd())),
  ].join('\n');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

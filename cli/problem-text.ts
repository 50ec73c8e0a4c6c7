import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findRule } from '../definition/rules/registry';
import type { Problem } from '../errors/problem';
import type { Colors } from './terminal';

export interface ProblemStyle {
  colors: Colors;
  /** Folder that the problems' files are relative to. */
  cwd: string;
}

const widest = 120;

/** Each problem with the place in its file, why it matters and what to do. */
export function problemTexts(problems: readonly Problem[], style: ProblemStyle): string[] {
  const files = new Map<string, string[]>();
  const linesOf = (file: string) => {
    const known = files.get(file) ?? readLines(resolve(style.cwd, file));
    files.set(file, known);
    return known;
  };
  return problems.map((problem) => problemText(problem, linesOf(problem.file)[problem.line - 1], style));
}

function problemText(problem: Problem, line: string | undefined, { colors }: ProblemStyle): string {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow;
  const title = findRule(problem.rule)?.title;
  const number = String(problem.line);
  const margin = ' '.repeat(number.length);
  const note = title === undefined ? '' : problem.message;
  const { shown, marks } = frame(problem, line ?? '');
  return [
    `${paint(colors.bold(`${problem.severity} ${problem.rule}`))}  ${colors.bold(title ?? problem.message)}`,
    `${margin} ${colors.cyan('┌─')} ${problem.file}:${problem.line}:${problem.column}`,
    `${colors.cyan(`${number} │`)} ${shown}`,
    `${margin} ${colors.cyan('│')} ${paint(`${marks} ${note}`.trimEnd())}`,
    `${margin} = why: ${problem.why}`,
    `${margin} = fix: ${problem.fix}   ${colors.dim(`(volante explain ${problem.rule})`)}`,
  ].join('\n');
}

/** The line, cut to a width that can be read, and the marks under the offending text. */
function frame({ column, endColumn }: Problem, line: string): { shown: string; marks: string } {
  const cut = Math.max(0, Math.min(column - 1, line.length) - widest / 2);
  const before = printable(line.slice(cut, column - 1));
  const marked = printable(line.slice(column - 1, Math.min(endColumn - 1, cut + widest)));
  const after = printable(line.slice(column - 1 + marked.length, cut + widest));
  const lead = cut > 0 ? '…' : '';
  return {
    shown: `${lead}${before}${marked}${after}${line.length > cut + widest ? '…' : ''}`,
    marks: ' '.repeat(widthOf(lead + before)) + '^'.repeat(Math.max(1, widthOf(marked))),
  };
}

/** One visible character for each hidden one: a hostile file must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD');
}

const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Extended_Pictographic}/u;

/** Columns that a terminal gives to a text. */
function widthOf(text: string): number {
  return [...text].reduce((width, character) => width + (wide.test(character) ? 2 : 1), 0);
}

const largestShown = 2 * 1024 * 1024;

function readLines(file: string): string[] {
  try {
    const content = readFileSync(file);
    return content.length > largestShown
      ? []
      : content
          .toString('utf8')
          .replace(/^\uFEFF/, '')
          .split(/\r?\n/);
  } catch {
    return [];
  }
}

import { dirname, join } from 'node:path';
import type { Problem } from '../../errors/problem';
import { ruleOf } from '../rules/registry';
import type { Place } from './place';

export interface Finding {
  rule: string;
  message: string;
  place: Place;
  /** Replaces the rule's own text where there is something more exact to say. */
  why?: string;
  fix?: string;
}

/** Collects what is wrong with one file. Severity, why and fix come from the rule. */
export class ProblemList {
  readonly problems: Problem[] = [];

  constructor(readonly file: string) {}

  add(finding: Finding): void {
    const rule = ruleOf(finding.rule);
    this.problems.push({
      severity: rule.severity,
      rule: rule.id,
      file: this.file,
      line: finding.place.line,
      column: finding.place.column,
      endColumn: finding.place.endColumn,
      message: printable(finding.message),
      why: finding.why ?? rule.why,
      fix: printable(finding.fix ?? rule.fix),
    });
  }

  /** Adds a problem that somebody else found, about this file or one beside it. */
  addAs(problem: Problem): void {
    this.problems.push({ ...problem, message: printable(problem.message), fix: printable(problem.fix) });
  }

  /** Path, as shown to people, of a file in the same folder. */
  beside(path: string): string {
    return join(dirname(this.file), path);
  }

  get hasErrors(): boolean {
    return this.problems.some((problem) => problem.severity === 'error');
  }
}

const longestMessage = 400;

/** Definitions are hostile input: what they say must not steer the terminal it is printed on. */
function printable(text: string): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\uFFFD');
  return safe.length > longestMessage ? `${safe.slice(0, longestMessage)}…` : safe;
}

/** File, then line, then column, then rule; the order in which problems are shown. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.rule, b.rule) ||
      compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One thing wrong with a file, positioned, explained and with its remedy. Lines and columns count from 1. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Stable rule id, such as `EMAIL-104`; `volante explain <rule>` describes it. */
  rule: string;
  file: string;
  line: number;
  column: number;
  /** Exclusive end of the offending text on the same line; equal to `column` where there is no text. */
  endColumn: number;
  message: string;
  why: string;
  fix: string;
}

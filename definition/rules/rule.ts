/** One thing that a definition must not get wrong. Ids are stable and never reused. */
export interface Rule {
  id: string;
  severity: 'error' | 'warning';
  title: string;
  why: string;
  fix: string;
  example: RuleExample;
}

/**
 * What breaks the rule and what keeps it. `fail` and `pass` replace the keys of a valid file (`campaign` unless told
 * otherwise) that they begin with; with `whole`, they are the file. The tests run every example.
 */
export interface RuleExample {
  fail: string;
  pass: string;
  file?: 'campaign' | 'workspace';
  whole?: boolean;
}

/** Failure types of activities and workflows, in one place, so that both sides spell them alike. */
export const failureTypes = {
  /** The plan in the run's input cannot be interpreted by this version. */
  planInvalid: 'PlanInvalid',
  /** A delivery has no approval of the plan it would carry out. */
  notApproved: 'NotApproved',
  /** A template of an applied revision does not compile. */
  templateInvalid: 'TemplateInvalid',
  /** A platform, sender or person that the plan names is not in the workspace of this worker. */
  workspaceMismatch: 'WorkspaceMismatch',
  /** A condition (`if`) cannot be evaluated. */
  conditionInvalid: 'ConditionInvalid',
  /** Members are missing from, or twice in, the books of a step. */
  booksDoNotBalance: 'BooksDoNotBalance',
  /** A step would give points of a loyalty program that is not open. */
  programNotOpen: 'ProgramNotOpen',
  gateRefused: 'GateRefused',
  /** A changed file asks something of a run that it cannot take. */
  amendmentRefused: 'AmendmentRefused',
} as const;

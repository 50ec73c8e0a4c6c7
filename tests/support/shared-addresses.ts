/** How test files learn where the run's shared servers are: environment variables set by the global set-up. */
export const addressVariables = {
  database: 'VOLANTE_TEST_DATABASE_URL',
  temporal: 'VOLANTE_TEST_TEMPORAL_ADDRESS',
  testServer: 'VOLANTE_TEST_SERVER_PROGRAM',
  workflowBundle: 'VOLANTE_TEST_WORKFLOW_BUNDLE',
} as const;

/** Migrated and never connected to, so that it can be copied at any time. */
export const templateDatabase = 'volante_template';

export function sharedAddress(name: keyof typeof addressVariables): string {
  const value = process.env[addressVariables[name]];
  if (!value) throw new Error(`this suite has no ${name}: see tests/support/setup`);
  return value;
}

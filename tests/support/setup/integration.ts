import { provideWorkflowBundle, startDatabase, startTemporal } from './shared-servers';

export default async function setUp(): Promise<void> {
  await Promise.all([startDatabase(), startTemporal(), provideWorkflowBundle()]);
}

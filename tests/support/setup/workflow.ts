import { provideTestServer, provideWorkflowBundle, startDatabase } from './shared-servers';

export default async function setUp(): Promise<void> {
  await Promise.all([startDatabase(), provideTestServer(), provideWorkflowBundle()]);
}

import { provideWorkflowBundle } from './shared-servers';

export default async function setUp(): Promise<void> {
  await provideWorkflowBundle();
}

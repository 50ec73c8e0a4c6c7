import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { registerAllSearchAttributes } from '../../workers/temporal/namespace';
import { sharedAddress } from './shared-addresses';

/** Address of the run's development server (real time, in memory, our search attributes). Use a task queue of your own. */
export function temporalServer(): string {
  return sharedAddress('temporal');
}

let installed = false;

/** The SDK's own chatter says nothing that an assertion does not. One runtime a test file, before anything connects. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

/** A connected environment on the shared development server; its teardown() leaves the server running. */
export async function localEnvironment(): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  return TestWorkflowEnvironment.createFromExistingServer({ address: temporalServer() });
}

/** A time-skipping server of its own, with our search attributes. Call teardown() in `afterAll`. */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  quietRuntime();
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: sharedAddress('testServer') } },
  });
  await registerAllSearchAttributes({ connection: environment.connection, namespace: 'default' });
  return environment;
}

/** For Worker.create and Worker.runReplayHistory: `{ workflowBundle: workflowBundle() }`. */
export function workflowBundle(): { codePath: string } {
  return { codePath: sharedAddress('workflowBundle') };
}

import { spawn } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { freePort } from './free-port';

export interface ClassDataArchive {
  java: string;
  /** What comes before the main class on the command line. */
  jvmArguments: string[];
  mainClass: string;
  archive: string;
}

/**
 * Runs the test server once, has it answer a few calls so that their classes are loaded, and keeps the loaded classes
 * in `archive`: the JVM then starts in a third of the time. A JVM that cannot use the archive ignores it.
 */
export async function buildClassDataArchive(options: ClassDataArchive): Promise<void> {
  const draft = `${options.archive}.partial`;
  const port = await freePort();
  const server = spawn(
    options.java,
    [...options.jvmArguments, `-XX:ArchiveClassesAtExit=${draft}`, options.mainClass, String(port)],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.on('exit', () => resolve());
  });
  try {
    await Promise.race([exercise(port), ended.then(() => Promise.reject(new Error('the test server ended at once')))]);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  try {
    await rename(draft, options.archive);
  } finally {
    await rm(draft, { force: true });
  }
}

async function exercise(port: number): Promise<void> {
  const connection = await connectWithin(`127.0.0.1:${port}`, 30_000);
  try {
    const client = new Client({ connection });
    const run = { workflowId: 'warm-up', taskQueue: 'warm-up' };
    const handle = await client.workflow.start('warmUp', run);
    await handle.describe();
    await handle.terminate();
  } finally {
    await connection.close();
  }
}

async function connectWithin(address: string, limitMs: number): Promise<Connection> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await Connection.connect({ address, connectTimeout: 1_000 });
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

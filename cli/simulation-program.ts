import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { ResolvedCampaign } from '../definition/resolved';
import type { Workspace } from '../definition/workspace-types';
import { type ErrorCode, errorCatalogue } from '../errors/catalogue';
import { VolanteError } from '../errors/volante-error';
import { packageRoot } from '../settings/package-root';
import type { SimulatedRun } from '../simulation/result';
import type { Scenario } from '../simulation/scenario/schema';
import type { CommandContext } from './command';

interface SimulationRequest {
  campaign: ResolvedCampaign;
  files: { path: string; content: string }[];
  workspace: Workspace;
  scenario: Scenario;
  seeds: number[];
}

/** The test server's logging library says that nobody listens to it. */
const noise = /^SLF4J: /;

type Answer = { runs: SimulatedRun[] } | { error: { code: string; message: string } };

/**
 * Runs the simulation's program, a process of its own that brings and takes away its servers; interrupting us ends it.
 * @throws VolanteError what it met, VOL-001 when it ended without an answer
 */
export async function runSimulation(context: CommandContext, request: SimulationRequest): Promise<SimulatedRun[]> {
  const program = join(packageRoot(), 'dist', 'workers', 'simulation', 'main.js');
  const child = spawn(process.execPath, [program], {
    detached: true,
    cwd: context.cwd,
    env: context.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const handOn = (): void => void child.kill('SIGTERM');
  context.signal.addEventListener('abort', handOn, { once: true });
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!noise.test(line)) context.terminal.progress(line);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(request));
  const [answer] = await Promise.all([text(child.stdout), ended]);
  context.signal.removeEventListener('abort', handOn);
  return readAnswer(answer);
}

function readAnswer(answer: string): SimulatedRun[] {
  const document = answer === '' ? undefined : (JSON.parse(answer) as Answer);
  if (document === undefined) throw new VolanteError('VOL-001', { message: 'the simulation ended without an answer' });
  if ('runs' in document) return document.runs;
  const { code, message } = document.error;
  throw new VolanteError(isCode(code) ? code : 'VOL-001', { message });
}

function isCode(code: string): code is ErrorCode {
  return code in errorCatalogue;
}

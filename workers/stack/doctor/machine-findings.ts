import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { readStackFile, type Settings } from '../../../settings/settings';
import { executableOnPath } from '../../binaries/executable-on-path';
import { lockHolder } from '../../binaries/file-lock';
import { identifyProcess } from '../../binaries/process-identity';
import { lastWords, runCommand } from '../../binaries/run-command';
import { findTemporalBinary, temporalCliVersion } from '../../binaries/temporal-binary';
import { type Finding, healthy, unhealthy } from './finding';

const leastFreeBytes = 2 * 1024 ** 3;
const nodeRange = { from: [20, 19], below: 25 } as const;

export function nodeFinding(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [fromMajor, fromMinor] = nodeRange.from;
  const fits = (major > fromMajor || (major === fromMajor && minor >= fromMinor)) && major < nodeRange.below;
  if (fits) return healthy('Node.js', version);
  return unhealthy('Node.js', version, `install Node.js ${fromMajor}.${fromMinor} or newer, below ${nodeRange.below}`);
}

export async function gitFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  const git = executableOnPath('git', env);
  if (!git) return unhealthy('git', 'not on PATH', 'install git: revisions carry their commit');
  const { status, output } = await runCommand(git, ['--version'], { timeoutMs: 10_000 });
  if (status === 0) return healthy('git', output.trim().replace('git version ', ''));
  return unhealthy('git', lastWords(output), 'repair the installation of git');
}

/** Only needed where the stack is to start Temporal itself. */
export async function temporalBinaryFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  const name = 'Temporal binary';
  if (env.TEMPORAL_ADDRESS) return healthy(name, 'not needed: TEMPORAL_ADDRESS is set');
  const found = findTemporalBinary(env);
  if (!found) {
    return unhealthy(
      name,
      'not here yet',
      `\`volante up\` gets version ${temporalCliVersion} by download or with Go; or put it on PATH yourself`,
    );
  }
  const { status, output } = await runCommand(found.path, ['--version'], { timeoutMs: 20_000 });
  if (status === 0) return healthy(name, `${output.trim()} (${found.source})`);
  return unhealthy(name, `${found.path}: ${lastWords(output)}`, 'remove it; `volante up` gets another');
}

export function workspaceFinding({ workspaceDir }: Settings): Finding {
  const file = join(workspaceDir, 'volante.yaml');
  if (existsSync(file)) return healthy('workspace', file);
  return unhealthy(
    'workspace',
    `no volante.yaml in ${workspaceDir}`,
    'go to your workspace, or make one: `volante init`',
  );
}

/** Whether what the stack file says is still true. */
export function stackFinding({ dataDir }: Settings): Finding {
  const stack = readStackFile(dataDir);
  const holder = lockHolder(join(dataDir, 'supervisor.lock'));
  if (holder) return healthy('local stack', stack ? `up, process ${holder.pid}` : `starting, process ${holder.pid}`);
  if (!stack) return healthy('local stack', 'not up');
  const state = identifyProcess(stack.pid) ? 'is another program by now' : 'was killed';
  return unhealthy('local stack', `its process ${stack.pid} ${state}`, '`volante up` cleans up and starts it again');
}

export function secretKeyFinding({ secretKey, dataDir }: Settings): Finding {
  if (/^[0-9a-f]{64,}$/i.test(secretKey)) return healthy('secret key', 'set');
  const detail = secretKey === '' ? `neither VOLANTE_SECRET_KEY nor ${dataDir}/secret.key` : 'not 32 bytes in hex';
  return unhealthy('secret key', detail, '`volante up` makes one; elsewhere set VOLANTE_SECRET_KEY');
}

export function diskFinding({ dataDir, workspaceDir }: Settings): Finding {
  const { bavail, bsize } = statfsSync(existsSync(dataDir) ? dataDir : workspaceDir);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free >= leastFreeBytes) return healthy('disk', detail);
  return unhealthy('disk', detail, 'free some space: below 2 GiB the databases may stop');
}

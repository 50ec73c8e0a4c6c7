import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import { lockHolder } from '../binaries/file-lock';
import { endProcess } from '../binaries/process-identity';
import { RecordedProcesses } from './recorded-processes';
import type { StackFolder } from './stack-folder';

/**
 * Stops the stack of this data folder, whoever started it, and what a killed supervisor has left behind.
 * @returns exit code
 */
export async function down(options: {
  folder: StackFolder;
  json: boolean;
  progress: (line: string) => void;
}): Promise<number> {
  const { folder, progress } = options;
  const holder = lockHolder(folder.lockFile);
  if (holder) {
    progress(`stopping process ${holder.pid} and what it runs`);
    if (!(await endProcess(holder, { graceMs: 120_000 }))) {
      throw new VolanteError('VOL-503', { message: `process ${holder.pid} cannot be ended` });
    }
  }
  const left = await new RecordedProcesses(folder).endAll();
  folder.removeStack();
  if (left.length > 0) progress(`ended what was left: ${left.join(', ')}`);
  const wasUp = holder !== undefined || left.length > 0;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: true, wasUp })}\n`);
  else process.stdout.write(wasUp ? 'Volante is down\n' : 'Volante was not up\n');
  return exitCodes.ok;
}

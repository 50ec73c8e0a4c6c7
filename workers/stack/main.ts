/** `node dist/workers/stack/main.js up|down|doctor`: the program of the local stack. `volante up` and the like start it. */
import { parseArgs } from 'node:util';
import { isVolanteError, VolanteError } from '../../errors/volante-error';
import { dataDirectory, workspaceDirectory } from '../../settings/settings';
import { scrub } from '../../telemetry/personal-data';
import { doctor } from './doctor/doctor';
import { down } from './down';
import { StackFolder } from './stack-folder';
import { up } from './up';

async function main(words: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      detach: { type: 'boolean', default: false },
      headless: { type: 'boolean', default: false },
      infrastructure: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const env = process.env;
  const workspaceDir = workspaceDirectory(env);
  const folder = (): StackFolder => new StackFolder(dataDirectory(env, workspaceDir));
  const progress = (line: string): void => void process.stderr.write(`${scrub(line)}\n`);
  switch (positionals[0]) {
    case 'up':
      return up({ ...values, folder: folder(), workspaceDir, env, progress });
    case 'down':
      return down({ folder: folder(), json: values.json, progress });
    case 'doctor':
      return doctor({ env, json: values.json });
    default:
      throw new VolanteError('VOL-102', {
        message: `\`${positionals[0] ?? ''}\` is none of up, down, doctor`,
        fix: 'node dist/workers/stack/main.js up [--detach] [--headless] [--infrastructure] [--json] | down | doctor',
      });
  }
}

function report(error: unknown, json: boolean): number {
  const shown = asVolanteError(error);
  const message = scrub(shown.message);
  const { code, fix, exitCode } = shown;
  process.stderr.write(`error ${code}  ${message}\n  = fix: ${fix}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message, fix, exitCode } })}\n`);
  return exitCode;
}

function asVolanteError(error: unknown): VolanteError {
  if (isVolanteError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const badOption = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  return new VolanteError(badOption ? 'VOL-102' : 'VOL-001', { message, cause: error });
}

const words = process.argv.slice(2);

main(words).then(
  (code) => process.exit(code),
  (error: unknown) => process.exit(report(error, words.includes('--json'))),
);

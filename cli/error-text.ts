import { errorCatalogue } from '../errors/catalogue';
import type { VolanteError } from '../errors/volante-error';
import { problemTexts } from './problem-text';
import type { Colors } from './terminal';

/** An error as people see it. */
export function errorText(error: VolanteError, { colors, cwd }: { colors: Colors; cwd: string }): string {
  const frames = problemTexts(error.problems, { colors, cwd });
  const head = `${colors.red(colors.bold(`error ${error.code}`))}  ${error.message}`;
  return [...frames, head, `  = fix: ${error.fix}   (volante explain ${error.code})`].join('\n');
}

/** An error as programs see it. */
export function errorJson(error: VolanteError): unknown {
  const { title, exitCode } = errorCatalogue[error.code];
  const { code, message, fix, problems } = error;
  return { ok: false, error: { code, title, message, fix, exitCode, problems } };
}

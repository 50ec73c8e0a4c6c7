import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps the stack of a bug in the log folder, where people do not stumble over it. Returns the file, if it could be written. */
export function keepStack(error: unknown, dataDir: string): string | undefined {
  const file = join(dataDir, 'logs', 'cli.log');
  try {
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    appendFileSync(file, `${new Date().toISOString()} ${error instanceof Error ? error.stack : String(error)}\n`);
    return file;
  } catch {
    return undefined;
  }
}

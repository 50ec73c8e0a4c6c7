import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';

export type OpenedFile =
  /** To be closed by the caller. */
  | { file: FileHandle; size: number; fault?: undefined }
  | { fault: 'link' | 'does not exist' | 'is not a file' | 'cannot be opened' };

/** Opens a plain file for reading; neither follows a link nor waits on a pipe. */
export async function openOwnFile(path: string): Promise<OpenedFile> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return { fault: await whyNot(path) };
  }
  const stats = await file.stat();
  if (stats.isFile()) return { file, size: stats.size };
  await file.close();
  return { fault: 'is not a file' };
}

async function whyNot(path: string): Promise<'link' | 'does not exist' | 'is not a file' | 'cannot be opened'> {
  const stats = await lstat(path).catch(() => undefined);
  if (!stats) return 'does not exist';
  if (stats.isSymbolicLink()) return 'link';
  return stats.isFile() ? 'cannot be opened' : 'is not a file';
}

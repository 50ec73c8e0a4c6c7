import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Per-user folder for what is too large for a checkout and the same for all of them: server binaries.
 * `VOLANTE_CACHE_DIR`, else `$XDG_CACHE_HOME/volante`, else `~/.cache/volante`.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.VOLANTE_CACHE_DIR) return resolve(env.VOLANTE_CACHE_DIR);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'volante');
}

/** `linux-x64`, `darwin-arm64`: part of the path of everything that is not portable. */
export const platformKey = `${process.platform}-${process.arch}`;

/**
 * Secrets are references in files and values only here, in the process that needs them. Values are never logged, thrown
 * or kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VolanteError } from '../errors/volante-error';

/**
 * The value behind a reference: `env://NAME` is the environment variable NAME; `secret://name` is the variable
 * `VOLANTE_SECRET_NAME`, or else the file `name` in the folder VOLANTE_SECRETS_DIR (without its last line end);
 * anything else is the value itself. Throws `VolanteError` VOL-505 where there is no value.
 */
export function resolveSecret(reference: string, env: NodeJS.ProcessEnv = process.env): string {
  const scheme = /^(env|secret):\/\//.exec(reference)?.[1];
  if (scheme === undefined) return reference;
  const name = reference.slice(scheme.length + '://'.length);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw missing(`a ${scheme}:// reference names a secret with letters, digits, "_", "-" and "."`);
  }
  if (scheme === 'env') return env[name] || refuse(`environment variable ${name} is not set`);
  const variable = `VOLANTE_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  return (
    env[variable] ||
    secretFile(name, env.VOLANTE_SECRETS_DIR) ||
    refuse(`secret ${name} is set neither in ${variable} nor as a file in VOLANTE_SECRETS_DIR`)
  );
}

function secretFile(name: string, folder: string | undefined): string | undefined {
  if (!folder) return undefined;
  try {
    return readFileSync(join(folder, name), 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

function refuse(message: string): never {
  throw missing(message);
}

function missing(message: string): VolanteError {
  return new VolanteError('VOL-505', { message });
}

/** Who the token belongs to, asked once. */
import { z } from 'zod';
import { isForgeError } from './forge-error';
import type { ForgeHttp } from './forge-http';

/** @returns undefined where the token may not ask */
export function ownLogin(http: ForgeHttp, field: 'login' | 'username'): () => Promise<string | undefined> {
  const schema = z.record(z.string(), z.unknown());
  const ask = async () => {
    const { [field]: name } = http.read(schema, await http.done('GET', '/user'));
    return typeof name === 'string' ? name : undefined;
  };
  let asked: Promise<string | undefined> | undefined;
  return () => {
    asked ??= ask().catch((error: unknown) => {
      if (isForgeError(error) && ['key-refused', 'not-there', 'refused'].includes(error.trouble)) return undefined;
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

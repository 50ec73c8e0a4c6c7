import { createHash } from 'node:crypto';
import type { Sha256 } from './resolved';

export function sha256(content: string | Uint8Array): Sha256 {
  return createHash('sha256').update(content).digest('hex');
}

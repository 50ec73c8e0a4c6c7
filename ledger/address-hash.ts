import { createHmac } from 'node:crypto';

/**
 * What stands for an address where the address itself must not be kept: HMAC-SHA256 of its normalised form. Suppressions
 * are keyed by it, so they hold after a contact has been erased (EMAIL-117).
 * @param key hex key of the workspace (`Settings.secretKey`)
 */
export function addressHash(addressKey: string, key: string): Buffer {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(addressKey).digest();
}

/** What stands for the name that a shop gave a customer or a visitor (unit), 22 letters; the name itself is not kept. */
export function nameHash(name: string, { of, key }: { of: 'customer' | 'unit'; key: string }): string {
  return addressHash(`${of}:${name}`, key).toString('base64url').slice(0, 22);
}

/**
 * Deterministic assignment of contacts: the same contact and salt give the same number for ever, on any machine.
 * Depends on node:crypto alone.
 */
import { hash } from 'node:crypto';

export interface Assignment {
  /** Uniform in [0, 1): decides holdout and arms. */
  share: number;
  /** Uniform in [0, 1), independent of `share`: decides the order in which members are numbered. */
  order: number;
}

/** sha256 of `salt:contact`; bytes 0–5 are the share, bytes 6–11 the order. */
export function assign(salt: string, contactId: string): Assignment {
  const digest = hash('sha256', `${salt}:${contactId}`, 'hex');
  return {
    share: Number.parseInt(digest.slice(0, 12), 16) / 2 ** 48,
    order: Number.parseInt(digest.slice(12, 24), 16) / 2 ** 48,
  };
}

/**
 * The arm of a contact: its share under this salt, laid over the arms' shares in the order of their names. The ledger's
 * `arm_of` answers the same. With changed weights only those move whose place the change passes over.
 */
export function assignArm(
  weights: Readonly<Record<string, number>>,
  salt: string,
  contactId: string,
): string | undefined {
  const { share } = assign(salt, contactId);
  let upto = 0;
  const arms = Object.keys(weights).sort();
  for (const arm of arms) {
    upto += weights[arm] ?? 0;
    if (share < upto) return arm;
  }
  return arms.at(-1);
}

import { canonicalJson } from './canonical-json';
import type { Money, Sha256 } from './resolved';
import { sha256 } from './sha256';

export interface PlanIdentity {
  revision: Sha256;
  /** Over the targeted contacts and their holdout flags (`AudienceFacts.checksum`). */
  audienceChecksum: Sha256;
  targeted: number;
  /** Most that the run can cost, by currency (`costAtMost`). */
  cost: readonly Money[];
}

/** What people approve: this content, to these people, for at most this money. Gates bind to it. */
export function planHash({ revision, audienceChecksum, targeted, cost }: PlanIdentity): Sha256 {
  const sorted = [...cost].sort((a, b) => (a.currency < b.currency ? -1 : 1));
  return sha256(canonicalJson({ revision, audienceChecksum, targeted, cost: sorted }));
}

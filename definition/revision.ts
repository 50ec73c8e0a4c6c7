import { canonicalJson } from './canonical-json';
import type { ResolvedCampaign, Sha256 } from './resolved';
import { sha256 } from './sha256';

/** Identity of what would run: sha256 over the resolved definition, which names every file it uses by content. */
export function revisionOf(campaign: ResolvedCampaign): Sha256 {
  return sha256(canonicalJson(campaign));
}

/**
 * What a platform that takes codes at its own checkout must be able to do. The ledger issues codes and reserves their money
 * first; the platform is told afterwards. Every call may be made again after its answer was lost.
 */
import type { PromotionTerms } from '../definition/resolved-promotion';

export interface Offer {
  /** Names the step of a run for ever, such as `campaign/<id>/<run key>/<step>`; the platform keeps it. */
  key: string;
  /** Shown to people on the platform. */
  name: string;
  terms: PromotionTerms;
}

export interface OfferCode {
  /** In the ledger, for ever. */
  no: string;
  /** As a customer types it. */
  code: string;
  /** Redemptions that it is good for. */
  most: number;
  validUntil?: Date;
}

/** All methods throw `PromotionPlatformError`, which says whether trying again may help. */
export interface PromotionPlatform {
  /** Key under `platforms` in volante.yaml. */
  readonly platform: string;
  /** Codes of one call of `addCodes` and `disableCodes`, so that a caller can heartbeat between. */
  readonly codesAtOnce: number;
  /** Makes the offer unless it is there, by its key or its first code. @returns what the platform calls it */
  createOffer(offer: Offer, first: OfferCode): Promise<string>;
  /** Adds codes; one that is there already stays as it is. */
  addCodes(request: { ref: string; offer: Offer; codes: OfferCode[] }): Promise<void>;
  /** Ends codes. One that is not there is ended. */
  disableCodes(request: { ref: string; codes: OfferCode[] }): Promise<void>;
  /** How often each was used so far. */
  uses(request: { ref: string; codes: OfferCode[] }): Promise<{ no: string; uses: number }[]>;
  /** Whether the platform answers and takes our key. Changes nothing. */
  check(): Promise<{ server: string }>;
}

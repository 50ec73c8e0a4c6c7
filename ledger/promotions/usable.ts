/** Whether a code may be used once more. Pure. */
import type { PromotionRow } from './promotion';
import type { CodeUse, RefusalReason } from './redemption';

export interface CodeRow {
  no: string;
  /** In capitals, without spaces and hyphens. */
  code: string;
  contactId: string | null;
  state: 'active' | 'disabled' | 'expired';
  validUntil: Date | null;
  most: number;
  held: number;
  redeemed: number;
}

export function whyNot({
  promotion,
  code,
  use,
  customer,
  uses,
}: {
  promotion: PromotionRow;
  code: CodeRow;
  use: CodeUse;
  /** Whose code it is, or who asks. */
  customer?: string;
  /** How often this customer has used the promotion. */
  uses: number;
}): RefusalReason | undefined {
  const { now } = use;
  const until = code.validUntil ?? promotion.validUntil;
  if (until !== null && until <= now) return 'expired';
  if (promotion.state === 'disabled' || code.state === 'disabled') return 'disabled';
  if (promotion.state === 'expired' || code.state === 'expired') return 'expired';
  if (promotion.validFrom !== null && promotion.validFrom > now) return 'not-yet-valid';
  if (code.contactId !== null && use.customer?.startsWith('contact:') && use.customer !== customer)
    return 'other-customer';
  if (code.contactId === null && customer === undefined && promotion.perContact !== null) return 'customer-required';
  if (use.withOthers && promotion.terms.stacking === 'alone') return 'not-with-others';
  if (promotion.perContact !== null && customer !== undefined && uses >= promotion.perContact)
    return code.contactId !== null && code.redeemed + code.held >= code.most ? 'code-used' : 'customer-limit';
  if (code.redeemed + code.held >= code.most) return code.contactId === null ? 'exhausted' : 'code-used';
  if (promotion.redeemed + promotion.held >= promotion.slots) return 'exhausted';
  return undefined;
}

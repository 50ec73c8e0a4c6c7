import { PromotionPlatformError } from '../../platforms/promotion-platform-error';
import type { OfferCode, PromotionPlatform } from '../../platforms/promotions';

type Asked<Method extends 'createOffer' | 'addCodes' | 'disableCodes' | 'uses'> = Parameters<
  PromotionPlatform[Method]
>[0];

/** A shop elsewhere that takes codes by itself and remembers what it was told. */
export class OutsidePlatform implements PromotionPlatform {
  readonly platform = 'pay';
  readonly codesAtOnce = 3;
  isAway = false;
  private readonly codes = new Map<string, { uses: number; ended: boolean }>();

  /** A customer uses a code at the shop. @returns whether the shop took it */
  use(code: string): boolean {
    const known = this.codes.get(code);
    if (!known || known.ended) return false;
    known.uses += 1;
    return true;
  }

  /** Codes that still work. */
  get live(): number {
    return [...this.codes.values()].filter(({ ended }) => !ended).length;
  }

  async createOffer({ key }: Asked<'createOffer'>): Promise<string> {
    this.answer();
    return key;
  }

  async addCodes({ codes }: Asked<'addCodes'>): Promise<void> {
    this.answer();
    for (const { code } of codes) if (!this.codes.has(code)) this.codes.set(code, { uses: 0, ended: false });
  }

  async disableCodes({ codes }: Asked<'disableCodes'>): Promise<void> {
    this.answer();
    for (const { code } of codes) this.codes.set(code, { uses: this.usesOf(code), ended: true });
  }

  async uses({ codes }: Asked<'uses'>): Promise<{ no: string; uses: number }[]> {
    this.answer();
    return codes.map(({ no, code }: OfferCode) => ({ no, uses: this.usesOf(code) }));
  }

  async check(): Promise<{ server: string }> {
    this.answer();
    return { server: 'a shop elsewhere' };
  }

  private usesOf(code: string): number {
    return this.codes.get(code)?.uses ?? 0;
  }

  private answer(): void {
    if (this.isAway) throw new PromotionPlatformError('unreachable', { message: 'the shop does not answer' });
  }
}

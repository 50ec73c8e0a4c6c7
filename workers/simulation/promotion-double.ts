import type { PromotionPlatform } from '../../platforms/promotions';

/** A shop platform that takes every code and at which nobody pays: what a simulation redeems, it redeems in the ledger. */
export class PromotionDouble implements PromotionPlatform {
  readonly codesAtOnce = 5_000;

  constructor(readonly platform: string) {}

  async createOffer({ key }: Parameters<PromotionPlatform['createOffer']>[0]): Promise<string> {
    return key;
  }

  async addCodes(): Promise<void> {}

  async disableCodes(): Promise<void> {}

  async uses({ codes }: Parameters<PromotionPlatform['uses']>[0]): Promise<{ no: string; uses: number }[]> {
    return codes.map(({ no }) => ({ no, uses: 0 }));
  }

  async check(): Promise<{ server: string }> {
    return { server: 'simulation' };
  }
}

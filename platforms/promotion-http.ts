/** HTTP to promotion platforms: every failure a `PromotionPlatformError`. */
import type { RawAxiosRequestHeaders } from 'axios';
import { PlatformHttp } from './platform-http';
import { PromotionPlatformError, type PromotionTrouble } from './promotion-platform-error';

export type { HttpAnswer } from './platform-http';

export class PromotionHttp extends PlatformHttp<PromotionTrouble> {
  constructor(options: {
    platform: string;
    base: string;
    headers: RawAxiosRequestHeaders;
    secret: string;
    timeoutMs?: number;
  }) {
    super({
      ...options,
      name: `promotion platform ${options.platform}`,
      errorOf: (trouble, words) => new PromotionPlatformError(trouble, words),
    });
  }
}

/** Does `work` for each, a few at a time. */
export async function eachOf<T, R>(items: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) results.set(at, await work(items[at] as T));
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return items.map((_, index) => results.get(index) as R);
}

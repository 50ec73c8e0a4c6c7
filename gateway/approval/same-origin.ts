import type { IncomingHttpHeaders } from 'node:http';

/**
 * Was this form sent by our own page? Browsers say so themselves (`Sec-Fetch-Site`, every one since 2023). Older ones
 * must name our origin; whoever says nothing is refused. `Origin` is `null` from our pages, which send no referrer.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, baseUrl: string): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const namesUs = origin === new URL(baseUrl).origin;
  if (site === undefined) return namesUs;
  return site === 'same-origin' && (origin === undefined || origin === 'null' || namesUs);
}

/** Numbers as people read them, in reasons. Always in English notation: the sentences are. */
import type { MetricKind } from './evidence';
import { isShare } from './statistics';

/** A share as per cent, with three digits that count: 0.29 %, 4.12 %, 12.3 %. */
export function shareInWords(share: number): string {
  return `${digits(share * 100)} %`;
}

/** A value of a metric in its own unit; a share as per cent. */
export function valueInWords(value: number, kind: MetricKind): string {
  return isShare(kind) ? shareInWords(value) : digits(value);
}

/** A difference of values; of shares in points. */
export function differenceInWords(value: number, kind: MetricKind): string {
  return isShare(kind) ? `${digits(value * 100)} points` : digits(value);
}

/** A count with thousands set apart. */
export function countInWords(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

function digits(value: number): string {
  if (value === 0) return '0';
  const places = Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return String(Number(value.toFixed(places)));
}

/** Dates, counts and money as a language writes them. */
import type { Language } from './catalogue';

/** `Tue 1 Apr 2027, 09:00` in a zone, with the zone's short name. */
export function formatMoment(language: Language, moment: Date | string, timeZone: string): string {
  return new Intl.DateTimeFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  }).format(new Date(moment));
}

export function formatCount(language: Language, count: number): string {
  return new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', { useGrouping: 'always' }).format(count);
}

/** @param share of one; never rounded up to the whole */
export function formatShare(language: Language, share: number): string {
  return new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    style: 'percent',
    maximumFractionDigits: 2,
  }).format(share < 1 ? Math.min(share, 0.9999) : share);
}

/** @param micros millionths of one unit of the currency */
export function formatMoney(language: Language, { currency, micros }: { currency: string; micros: number }): string {
  return new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', { style: 'currency', currency }).format(
    micros / 1e6,
  );
}

/** `2 days 6 hours`; less than a minute is a minute. */
export function formatDuration(language: Language, milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  const parts = [
    { unit: 'day', count: Math.floor(minutes / 1440) },
    { unit: 'hour', count: Math.floor((minutes % 1440) / 60) },
    { unit: 'minute', count: minutes % 60 },
  ].filter(({ count }) => count > 0);
  const locale = language === 'es' ? 'es-ES' : 'en-GB';
  const written = parts.map(({ unit, count }) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count),
  );
  return new Intl.ListFormat(locale, { style: 'narrow', type: 'unit' }).format(written);
}

/** `a, b and c` */
export function formatList(language: Language, items: readonly string[]): string {
  return new Intl.ListFormat(language === 'es' ? 'es-ES' : 'en-GB', { type: 'conjunction' }).format(items);
}

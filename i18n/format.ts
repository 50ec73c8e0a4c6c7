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

/** @param micros millionths of one unit of the currency */
export function formatMoney(language: Language, { currency, micros }: { currency: string; micros: number }): string {
  return new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', { style: 'currency', currency }).format(
    micros / 1e6,
  );
}

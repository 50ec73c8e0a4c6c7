/** What the law wants in every message, for templates that do not say it themselves (LEGAL-203). */

const labels = { en: 'Unsubscribe', es: 'Darse de baja' };

export interface Footer {
  /** Which parts the template lacks. */
  unsubscribe: boolean;
  postalAddress: boolean;
  /** BCP 47; Spanish for `es...`, otherwise English. */
  locale: string;
}

/** Liquid, to stand before `</body>`. */
export function htmlFooter({ unsubscribe, postalAddress, locale }: Footer): string {
  const lines = [
    ...(postalAddress ? ['{{ sender.name }} · {{ sender.postalAddress }}'] : []),
    ...(unsubscribe ? [`<a href="{{ unsubscribeUrl }}" style="color:#555555">${labelOf(locale)}</a>`] : []),
  ];
  const style = 'margin:24px auto;max-width:600px;padding:0 16px;font:14px/1.5 Arial,sans-serif;color:#555555';
  return `<div style="${style};text-align:center">${lines.join('<br>')}</div>\n`;
}

/** Liquid, to stand at the end. */
export function textFooter({ unsubscribe, postalAddress, locale }: Footer): string {
  const sender = postalAddress ? '{{ sender.name }} · {{ sender.postalAddress }}\n' : '';
  return `\n--\n${sender}${unsubscribe ? `${labelOf(locale)}: {{ unsubscribeUrl }}\n` : ''}`;
}

function labelOf(locale: string): string {
  return /^es\b/i.test(locale) ? labels.es : labels.en;
}

/** A plain text part made from the HTML: what is visible, with the addresses of its links. */
import { compile } from 'html-to-text';
import type { MaskedSource } from './mask';

const toText = compile({
  wordwrap: false,
  selectors: [
    { selector: '*[style*="display:none"]', format: 'skip' },
    { selector: '*[style*="display: none"]', format: 'skip' },
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

const toVisibleText = compile({
  wordwrap: false,
  selectors: [
    { selector: '*[style*="display:none"]', format: 'skip' },
    { selector: '*[style*="display: none"]', format: 'skip' },
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { ignoreHref: true } },
  ],
});

/** Liquid of a text part. `maskedHtml` comes from `liquid`. */
export function textFromHtml(maskedHtml: string, liquid: MaskedSource): string {
  const text = toText(maskedHtml).replace(/\{(?=[{%])/g, '{{ "{" }}');
  return `${liquid
    .unmask(text)
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

/** What a reader sees, without addresses; for comparing lengths. */
export function visibleText(html: string): string {
  return toVisibleText(html);
}

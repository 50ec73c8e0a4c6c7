/** EMAIL-122: every address in the template, as its author wrote it. */
import type { Attribute, Element } from '../markup';
import type { Finding } from '../rules';
import { type TemplateSource, writtenValue } from './template-source';

const liquid = /\{\{.*?\}\}|\{%.*?%\}/gs;
/** Addresses that we make ourselves. */
const ours = /^\{\{-?\s*(?:unsubscribeUrl|loyalty\.cardUrl)\s*-?\}\}/;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Links that people can follow, with their Liquid. */
export function linksOf(template: TemplateSource): { element: Element; attribute: Attribute; href: string }[] {
  return template.markup.elements.flatMap((element) => {
    if (element.name === 'link' || element.name === 'mj-font' || element.name === 'base') return [];
    return element.attributes
      .filter((attribute) => attribute.name === 'href')
      .map((attribute) => ({ element, attribute, href: writtenValue(template, attribute) }));
  });
}

export function checkLinks(template: TemplateSource): Finding[] {
  return linksOf(template).flatMap(({ attribute, href }) => {
    const message = linkFault(href.replaceAll('&amp;', '&'));
    const place = template.at(attribute.start, attribute.end);
    return message ? [{ rule: 'EMAIL-122' as const, source: template.path, place, message }] : [];
  });
}

/** Undefined where the address is fine. */
function linkFault(href: string): string | undefined {
  if (href === '') return 'link without an address';
  if (href.startsWith('#')) return href === '#' ? 'link leads nowhere' : undefined;
  if (ours.test(href)) return undefined;
  const withoutLiquid = href.replace(liquid, 'x');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(href)?.[1]?.toLowerCase();
  if (scheme === 'mailto' || scheme === 'tel') return undefined;
  if (/^\s*(?:\{\{|\{%)/.test(href)) return 'link begins with data, so anybody could choose where it leads';
  if (scheme === undefined) return 'link is not a whole address';
  if (scheme !== 'https' && scheme !== 'http') return `link has the scheme ${scheme}`;
  return webAddressFault({ href, withoutLiquid, scheme });
}

function webAddressFault(link: { href: string; withoutLiquid: string; scheme: string }): string | undefined {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(link.href)?.[1] ?? '';
  if (/\{[{%]/.test(authority)) return 'host of the link is data, so anybody could choose where it leads';
  if (!URL.canParse(link.withoutLiquid)) return 'link is not an address';
  const url = new URL(link.withoutLiquid);
  if (url.username !== '' || url.password !== '' || authority.includes('@')) return 'link carries a user name';
  if (loopback.test(url.hostname)) return undefined;
  if (link.scheme === 'http') return 'link is not https';
  if (/^[\d.]+$|^\[/.test(url.hostname)) return 'link leads to a bare IP address';
  if (url.port !== '') return `link leads to port ${url.port}`;
  return undefined;
}

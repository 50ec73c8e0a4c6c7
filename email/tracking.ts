/**
 * Links that lead over the gateway, so that a click is known. Done once a revision: what is personal about them is one
 * address a message, and the number of the link stands behind it. The address that a link leads to stays here.
 */
import { readMarkup } from './markup';
import { type MaskedSource, maskLiquid } from './mask';

export interface Tracking {
  clicks: boolean;
  /** A picture that tells when it is loaded, in messages to those who agreed to it. */
  opens: boolean;
}

export interface TrackedSource {
  /** Liquid with `clickUrl` and `openUrl`, which no author can name. */
  html: string;
  text: string;
  /** For those who agreed that opening is known. */
  htmlWithPixel?: string;
  /** Where the links lead, by their numbers: Liquid for plain text. */
  links: string[];
}

/** `html` and `text` are complete and checked. */
export function trackedSource({ html, text }: { html: string; text: string }, tracking: Tracking): TrackedSource {
  const links = new LinkNumbers();
  const tracked = tracking.clicks ? { html: trackedHtml(html, links), text: trackedText(text, links) } : { html, text };
  return {
    ...tracked,
    ...(tracking.opens && { htmlWithPixel: withPixel(tracked.html) }),
    links: links.targets,
  };
}

/** The same target has the same number wherever it stands. */
class LinkNumbers {
  readonly targets: string[] = [];

  /** What stands in the place of a link. */
  slotOf(target: string): string {
    const known = this.targets.indexOf(target);
    const number = known === -1 ? this.targets.push(target) - 1 : known;
    return `{{ clickUrl }}/${number}`;
  }
}

function trackedHtml(html: string, links: LinkNumbers): string {
  const source = maskLiquid(html);
  const slots = readMarkup(source.masked)
    .elements.filter(({ name }) => name === 'a' || name === 'area')
    .flatMap(({ attributes }) => attributes.filter(({ name }) => name === 'href'))
    .flatMap(({ value, valueStart, valueEnd }) => {
      const target = targetOf(value.trim(), source, decoded);
      return target === undefined ? [] : [{ start: valueStart, end: valueEnd, slot: links.slotOf(target) }];
    });
  const masked = slots.reduceRight(
    (whole, { start, end, slot }) => whole.slice(0, start) + slot + whole.slice(end),
    source.masked,
  );
  return source.unmask(masked);
}

const address = /https?:\/\/[^\s<>"'`]+/gi;
const punctuation = /[.,;:!?)\]]+$/;

function trackedText(text: string, links: LinkNumbers): string {
  const source = maskLiquid(text);
  return source.unmask(
    source.masked.replace(address, (found) => {
      const link = found.replace(punctuation, '');
      const target = targetOf(link, source, (value) => value);
      return target === undefined ? found : links.slotOf(target) + found.slice(link.length);
    }),
  );
}

const literal = String.raw`(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?)`;
/** Data of the recipient or the campaign, through filters with fixed words: the same wherever it is rendered. */
const plainOutput = new RegExp(
  String.raw`^\{\{-?\s*(?:contact|campaign|sender)(?:\.\w+)+(?:\s*\|\s*\w+(?:\s*:\s*${literal}(?:\s*,\s*${literal})*)?)*\s*-?\}\}$`,
);

/**
 * Where a link leads, as Liquid of its own; undefined when it is no web address, or needs more than can be known when
 * somebody clicks (a variable of a loop, the moment of sending). Such a link stays as it is.
 */
function targetOf(
  value: string,
  source: MaskedSource,
  read: (value: string) => string | undefined,
): string | undefined {
  if (!/^https?:\/\/[^/?#]/i.test(value)) return undefined;
  const masks = value.match(source.maskPattern) ?? [];
  if (!masks.every((mask) => plainOutput.test(source.tokenOf(mask)?.text ?? ''))) return undefined;
  const target = read(value);
  return target === undefined ? undefined : source.unmask(target);
}

const references: Record<string, string> = { amp: '&', '#38': '&', quot: '"', '#34': '"', '#39': "'", apos: "'" };

/** The value of an attribute; undefined when it holds a character reference that no address needs. */
function decoded(value: string): string | undefined {
  let isKnown = true;
  const text = value.replace(/&(#?\w{1,10});/g, (whole, name: string) => {
    const character = references[name.toLowerCase()];
    if (character === undefined) isKnown = false;
    return character ?? whole;
  });
  return isKnown ? text : undefined;
}

function withPixel(html: string): string {
  const pixel = '<img src="{{ openUrl }}" width="1" height="1" alt="" style="display:block;border:0">\n';
  const end = html.toLowerCase().lastIndexOf('</body');
  const at = end === -1 ? html.length : end;
  return html.slice(0, at) + pixel + html.slice(at);
}

/**
 * An address that a link leads to, from its Liquid and what that renders to. The host is never data (EMAIL-122), and stays
 * what the author wrote, whatever was filled in behind it.
 */
export function safeTarget(template: string, rendered: string): string | undefined {
  const written = /^https?:\/\/[^/?#{]+/i.exec(template)?.[0];
  if (written === undefined || !URL.canParse(written) || !URL.canParse(rendered)) return undefined;
  const url = new URL(rendered);
  return url.origin === new URL(written).origin && url.username === '' && url.password === '' ? url.href : undefined;
}

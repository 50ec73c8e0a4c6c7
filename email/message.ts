/** A message of one revision, ready to be filled in: four Liquid parts and their composition. */

import { parseAddress } from './address';
import { isUnsubscribeUrl } from './checks/headers';
import type { CompiledEmail, EmailSender, Personal } from './compiled';
import { type Composition, createComposition } from './composition';
import { oneLine } from './header';
import { createLiquid } from './liquid';
import { compilePart, type LiquidPart, type Piece } from './part';
import type { PreparedMessage } from './prepared-message';
import { isRenderError, RenderError } from './render-error';
import type { Scope } from './simple-output';
import { safeTarget, type TrackedSource } from './tracking';
import { asHtml, asText, type Escape } from './value';

export interface MessageSource {
  /** Liquid that has passed all checks. */
  html: string;
  text: string;
  subject: string;
  preheader: string;
  sender: EmailSender;
  locale: string;
  campaign?: { name: string };
  feedbackId?: string;
  /** What is sent, where it is not `html` and `text` as they are. */
  tracked?: TrackedSource;
}

export interface Message {
  email: Pick<CompiledEmail, 'prepare' | 'preview' | 'linkTarget'>;
  /** Header section of a message of this revision, for checks. */
  sampleHead: string;
}

export function createMessage(source: MessageSource): Message {
  const part = (liquidSource: string, escapeOutput: Escape): LiquidPart =>
    compilePart({ liquid: createLiquid({ escapeOutput, locale: source.locale }), source: liquidSource, escapeOutput });
  const parts = {
    html: part(source.html, asHtml),
    text: part(source.text, asText),
    subject: part(source.subject, asText),
    preheader: part(source.preheader, asText),
  };
  const { tracked } = source;
  const sentText = tracked ? part(tracked.text, asText) : parts.text;
  const sending = (html: LiquidPart): Sending => ({
    html,
    text: sentText,
    composition: createComposition({
      headers: { ...source.sender, from: source.sender, feedbackId: source.feedbackId },
      text: sentText,
      html,
      source: JSON.stringify([source.html, source.text, source.subject]),
    }),
  });
  const plain = sending(tracked ? part(tracked.html, asHtml) : parts.html);
  const withPixel = tracked?.htmlWithPixel === undefined ? undefined : sending(part(tracked.htmlWithPixel, asHtml));
  const links = (tracked?.links ?? []).map((link) => ({ link, part: part(link, asText) }));
  const scopeOf = (personal: Personal): Scope => ({
    ...personal.facts,
    contact: withoutNulls(personal.contact),
    unsubscribeUrl: checkedUnsubscribeUrl(personal.unsubscribeUrl),
    sender: source.sender,
    campaign: source.campaign,
    now: personal.date,
    ...personal.tracking,
  });

  return {
    email: {
      prepare(personal) {
        const scope = scopeOf(personal);
        const chosen = personal.contact.trackingConsent === true && withPixel ? withPixel : plain;
        return new FilledMessage(chosen.composition, personal, {
          subject: joined(parts.subject, scope),
          html: chosen.html.render(scope),
          text: chosen.text.render(scope),
        });
      },
      linkTarget(number, { contact, date, facts }) {
        const found = links[number];
        if (!found) return undefined;
        const { sender, campaign } = source;
        const scope = { ...facts, contact: withoutNulls(contact), sender, campaign, now: date };
        try {
          return safeTarget(found.link, joined(found.part, scope));
        } catch (error) {
          if (isRenderError(error)) return undefined;
          throw error;
        }
      },
      preview(personal) {
        const scope = scopeOf(personal);
        return {
          subject: oneLine(joined(parts.subject, scope)),
          preheader: oneLine(joined(parts.preheader, scope)),
          html: joined(parts.html, scope),
          text: joined(parts.text, scope),
        };
      },
    },
    sampleHead: headOf(plain.composition),
  };
}

/** One way of being sent. */
interface Sending {
  html: LiquidPart;
  text: LiquidPart;
  composition: Composition;
}

class FilledMessage implements PreparedMessage {
  readonly key: string;
  readonly messageId: string;
  readonly envelope: PreparedMessage['envelope'];
  #make: (() => Buffer) | undefined;
  #raw: Buffer | undefined;

  constructor(
    composition: Composition,
    personal: Personal,
    filled: { subject: string; html: readonly Piece[]; text: readonly Piece[] },
  ) {
    if (!/^<[^\s<>@]+@[^\s<>@]+>$/.test(personal.messageId)) throw new RenderError('Message-ID is malformed');
    this.key = personal.key;
    this.messageId = personal.messageId;
    this.envelope = { from: personal.envelopeFrom, to: personal.to };
    const { to, messageId, date, unsubscribeUrl } = personal;
    const headers = { to, messageId, date, unsubscribeUrl, subject: filled.subject };
    this.#make = () => composition.compose({ headers, html: filled.html, text: filled.text });
  }

  raw(): Buffer {
    if (!this.#raw && this.#make) {
      this.#raw = this.#make();
      this.#make = undefined;
    }
    return this.#raw ?? Buffer.alloc(0);
  }
}

function joined(part: LiquidPart, scope: Scope): string {
  return part
    .render(scope)
    .map((piece) => (typeof piece === 'number' ? part.fixed[piece] : piece))
    .join('');
}

/** An attribute without a value is an attribute that is not there. */
function withoutNulls(contact: Personal['contact']): Personal['contact'] {
  const entries = Object.entries(contact);
  return entries.some(([, value]) => value === null)
    ? Object.fromEntries(entries.filter(([, value]) => value !== null))
    : contact;
}

function checkedUnsubscribeUrl(url: string): string {
  if (!isUnsubscribeUrl(url)) throw new RenderError('is not an https address', 'unsubscribeUrl');
  return url;
}

function headOf(composition: Composition): string {
  const sample = parseAddress('sample@sample.example');
  if (!sample.ok) throw new Error(sample.reason);
  const headers = {
    to: sample.address,
    subject: 'sample',
    messageId: '<sample@sample.example>',
    date: new Date(0),
    unsubscribeUrl: 'https://sample.example/u',
  };
  const raw = composition.compose({ headers, html: [], text: [] }).toString('latin1');
  return raw.slice(0, raw.indexOf('\r\n\r\n') + 2);
}

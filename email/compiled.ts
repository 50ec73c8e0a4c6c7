/** A campaign's message compiled once per revision; only the personal parts are filled in per recipient. */
import type { EmailAddress } from './address';
import type { PreparedMessage } from './prepared-message';

/** Who a message comes from. */
export interface EmailSender {
  name: string;
  address: string;
  replyTo?: string;
  postalAddress: string;
  listId?: string;
}

/** What may be personal about one message. All of it is data and is escaped on its way into HTML. */
export interface Personal {
  /** Delivery key, `run:step:member:channel`. */
  key: string;
  messageId: string;
  to: EmailAddress;
  /** VERP or plain envelope sender. */
  envelopeFrom: EmailAddress;
  /** Liquid `contact.*`: built-in fields and imported attributes. */
  contact: Readonly<Record<string, unknown>>;
  /** What this message knows besides, by root variable: the `event` behind a journey. Data: hostile. */
  facts?: Readonly<Record<string, unknown>>;
  /** https (http only on loopback) one-click unsubscribe URL (RFC 8058), Liquid `unsubscribeUrl`. */
  unsubscribeUrl: string;
  /** `Date` header. */
  date: Date;
  /** Where the links of this very message lead over, and its picture, where they are tracked; no final slash. */
  tracking?: { clickUrl: string; openUrl: string };
}

/** A place in a template (or in the campaign file's subject) that is wrong. */
export interface TemplateProblem {
  severity: 'error' | 'warning';
  rule: string;
  /** Which source: path as given, or `subject` / `preheader`. */
  source: string;
  line: number;
  column: number;
  endColumn: number;
  message: string;
  why: string;
  fix: string;
}

export interface CompiledEmail {
  /** Liquid variables used, such as `contact.firstName`, sorted. */
  readonly variables: readonly string[];
  /** Throws `RenderError` (email/render-error.ts) when this recipient's data cannot fill the template. */
  prepare(personal: Personal): PreparedMessage;
  /**
   * Where a tracked link leads, for this recipient: an http(s) address with the host that the author wrote. Undefined for a
   * number that no link has, and where this recipient's data cannot fill it.
   */
  linkTarget(link: number, personal: Pick<Personal, 'contact' | 'date' | 'facts'>): string | undefined;
  /** For previews: the parts as text, not MIME; links as their author wrote them. */
  preview(personal: Personal): { subject: string; preheader: string; html: string; text: string };
}

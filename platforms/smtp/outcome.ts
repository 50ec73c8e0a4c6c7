/**
 * What an SMTP reply, or its absence, means for one message (RFC 5321 §4.2, RFC 3463). The one question that matters
 * first: was the body handed over? Before it, nothing can have been accepted. After it, only a complete reply can tell.
 */
import type { SendOutcome } from '../sender';

/** What the client library reports of a failed attempt. */
export interface SmtpFailure {
  message: string;
  /** The library's word: ECONNECTION, ESOCKET, ETIMEDOUT, EDNS, ETLS, EAUTH, EPROTOCOL, EENVELOPE, EMESSAGE. */
  code?: string;
  /** The operating system's word where there is one, such as ECONNREFUSED. */
  originalCode?: string;
  /** `CONN`, `AUTH ...`, `MAIL FROM`, `RCPT TO`, `DATA`. */
  command?: string;
  response?: string;
  responseCode?: number;
}

type NotAccepted = Extract<SendOutcome, { outcome: 'not-accepted' }>;

/** No session could be opened: refused connection, DNS, TLS, greeting, authentication. */
export function outcomeOfOpening(failure: SmtpFailure): NotAccepted {
  const isAuth = failure.code === 'EAUTH' || /^AUTH/.test(failure.command ?? '');
  return notAccepted({
    scope: 'platform',
    code: failure.responseCode ?? (isAuth ? 535 : undefined),
    detail: isAuth ? `authentication failed: ${wordsOf(failure)}` : wordsOf(failure),
    text: failure.response,
  });
}

/** A session was open and the message did not get its `250`. `recipient` is only used to keep it out of the detail. */
export function outcomeOfFailure({
  failure,
  handedOver,
  recipient,
}: {
  failure: SmtpFailure;
  handedOver: boolean;
  recipient: string;
}): SendOutcome {
  const isReply = failure.code === 'EENVELOPE' || failure.code === 'EMESSAGE' || failure.responseCode === 421;
  const code = isReply ? failure.responseCode : undefined;
  const detail = withoutPerson(wordsOf(failure), recipient);
  if (handedOver && !(code !== undefined && failure.code === 'EMESSAGE' && code >= 400 && code < 600)) {
    return { outcome: 'unknown', detail: `no answer after the message was handed over: ${detail}` };
  }
  if (code !== undefined && code >= 500 && code < 600) return outcomeOfPermanent({ failure, code, detail });
  if (code !== undefined && code >= 400 && code < 500) return outcomeOfTransient({ failure, code, detail });
  if (failure.code === 'EMESSAGE' && failure.command === 'MAIL FROM') {
    return { outcome: 'refused', code: 552, detail, bounce: false };
  }
  return notAccepted({ scope: 'platform', detail });
}

/** A reply that says the message was taken. Anything else in its place is no answer. */
export function outcomeOfAcceptance(response: string, recipient: string): SendOutcome {
  const detail = withoutPerson(response, recipient);
  if (!/^2\d\d(?:[ -]|$)/.test(response)) {
    return { outcome: 'unknown', detail: `no valid answer after the message was handed over: ${detail}` };
  }
  const queueId = /\b(?:queued as|id=)\s*<?([\w.-]{4,80})/i.exec(response)?.[1];
  return { outcome: 'accepted', detail, platformRef: queueId };
}

interface Reply {
  failure: SmtpFailure;
  code: number;
  detail: string;
}

function outcomeOfPermanent({ failure, code, detail }: Reply): SendOutcome {
  const aboutUs = failure.command === 'MAIL FROM' && code !== 552;
  const aboutSession = code === 503 || code === 530 || code === 534 || code === 535 || code === 538;
  if (aboutUs || aboutSession) return notAccepted({ scope: 'platform', code, detail });
  return { outcome: 'refused', code, detail, bounce: isBadAddress({ failure, code, detail }) };
}

/** RFC 3463: 1.x is about the address (7 and 8 about the sender's), 2.1 a disabled mailbox, 4.4 a domain without a route. */
function isBadAddress({ failure, code }: Reply): boolean {
  const enhanced = enhancedCode(failure.response);
  if (enhanced) return /^5\.(?:1\.(?:0|1|2|3|4|6|9|10)|2\.[01]|4\.4)$/.test(enhanced);
  const aboutPolicy = /relay|spam|block|black|polic|denied|reputation|\bspf\b|dkim|dmarc|authenticat/i;
  return (
    failure.command === 'RCPT TO' &&
    (code === 550 || code === 551 || code === 553) &&
    !aboutPolicy.test(failure.response ?? '')
  );
}

function outcomeOfTransient({ failure, code, detail }: Reply): NotAccepted {
  return notAccepted({ scope: transientScope(failure, code), code, detail, text: failure.response });
}

function transientScope(failure: SmtpFailure, code: number): NotAccepted['scope'] {
  if (failure.command === 'MAIL FROM') return 'platform';
  if (/gr[ea]y-?\s?list/i.test(failure.response ?? '')) return 'recipient';
  const [, subject, detail] = enhancedCode(failure.response)?.split('.') ?? [];
  if (subject === '1' || subject === '2' || subject === '6') return 'recipient';
  if (subject === '7' || subject === '4') return 'domain';
  if (subject === '3') return 'platform';
  if (subject === '5') return detail === '3' ? 'domain' : 'platform';
  if (code === 421 || code === 451) return 'domain';
  return code === 450 || code === 452 ? 'recipient' : 'platform';
}

function notAccepted(given: {
  scope: NotAccepted['scope'];
  code?: number;
  detail: string;
  text?: string;
}): NotAccepted {
  const { scope, code, detail, text } = given;
  return { outcome: 'not-accepted', scope, code, detail, retryAfterMs: retryAfter(text) };
}

/** Some servers say when to come back: `try again in 300 seconds`. */
function retryAfter(text: string | undefined): number | undefined {
  const found = /\b(?:in|after)\s+(\d{1,5})\s*(s|sec|second|m|min|minute|h|hour)s?\b/i.exec(text ?? '');
  if (!found) return undefined;
  const unit = found[2]?.[0]?.toLowerCase();
  return Number(found[1]) * (unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1_000);
}

function enhancedCode(response: string | undefined): string | undefined {
  return /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
}

function wordsOf({ message, response, originalCode }: SmtpFailure): string {
  return response ?? (originalCode && !message.includes(originalCode) ? `${message} (${originalCode})` : message);
}

const maxDetailLength = 240;

/** Servers like to repeat the recipient; details are kept and shown. */
function withoutPerson(text: string, recipient: string): string {
  const local = recipient.slice(0, recipient.lastIndexOf('@'));
  const withoutAddresses = text.replace(/[^\s<>()[\]"',;:]+@[^\s<>()[\]"',;:]+/g, 'address');
  const withoutLocal = local.length >= 3 ? withoutAddresses.replaceAll(local, 'address') : withoutAddresses;
  return withoutLocal
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, maxDetailLength);
}

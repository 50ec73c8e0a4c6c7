/**
 * A MIME message (multipart/alternative, RFC 2046) whose fixed parts are encoded once. A rendering is then little more than
 * copying: fixed chunks as they are, personal texts in quoted-printable between them.
 */
import { createHash } from 'node:crypto';
import type { EmailAddress } from './address';
import { encodeDate, encodeDisplayName, encodeUnstructured, oneLine } from './header';
import type { LiquidPart, Piece } from './part';
import { encodeChunk } from './quoted-printable';

export interface FixedHeaders {
  from: { name: string; address: string };
  replyTo?: string;
  /** RFC 2919, such as `offers.shop.example`. */
  listId?: string;
  /** Gmail's feedback loop: `campaign:a:b:sender`. */
  feedbackId?: string;
}

export interface PersonalHeaders {
  to: EmailAddress;
  subject: string;
  messageId: string;
  date: Date;
  /** Already checked: https, ASCII, without white space. */
  unsubscribeUrl: string;
}

export interface Composition {
  compose(message: { headers: PersonalHeaders; text: readonly Piece[]; html: readonly Piece[] }): Buffer;
}

/** `source` names the revision; the boundary is derived from it. `=_` cannot occur in quoted-printable text. */
export function createComposition({
  headers,
  text,
  html,
  source,
}: {
  headers: FixedHeaders;
  text: LiquidPart;
  html: LiquidPart;
  source: string;
}): Composition {
  const boundary = `=_volante_${createHash('sha256').update(source).digest('hex').slice(0, 24)}`;
  const textChunks = text.fixed.map((chunk) => Buffer.from(encodeChunk(chunk), 'latin1'));
  const htmlChunks = html.fixed.map((chunk) => Buffer.from(encodeChunk(chunk), 'latin1'));
  const first = fixedHead(headers);
  const tail = fixedTail(headers, boundary);
  const textHead = Buffer.from(`${tail}\r\n--${boundary}\r\n${partHead('text/plain')}`, 'latin1');
  const htmlHead = Buffer.from(`\r\n--${boundary}\r\n${partHead('text/html')}`, 'latin1');
  const end = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');

  return {
    compose(message) {
      const chunks: (Buffer | string)[] = [first + personalHead(message.headers), textHead];
      appendEncoded(chunks, message.text, textChunks);
      chunks.push(htmlHead);
      appendEncoded(chunks, message.html, htmlChunks);
      chunks.push(end);
      return concatenate(chunks);
    },
  };
}

function fixedHead({ from, replyTo }: FixedHeaders): string {
  const name = oneLine(from.name);
  const mailbox = name === '' ? from.address : `${encodeDisplayName(name)} <${from.address}>`;
  return `From: ${mailbox}\r\n${replyTo ? `Reply-To: ${replyTo}\r\n` : ''}`;
}

/** `List-Unsubscribe` stays on one physical line, however long its URL (EMAIL-105). */
function personalHead({ to, subject, messageId, date, unsubscribeUrl }: PersonalHeaders): string {
  return (
    `To: ${to}\r\nSubject: ${encodeUnstructured('Subject', subject)}\r\nMessage-ID: ${messageId}\r\n` +
    `Date: ${encodeDate(date)}\r\nList-Unsubscribe: <${unsubscribeUrl}>\r\n`
  );
}

function fixedTail({ from, listId, feedbackId }: FixedHeaders, boundary: string): string {
  const list = listId ? `List-Id: ${encodeDisplayName(from.name)} <${listId}>\r\n` : '';
  const feedback = feedbackId ? `Feedback-ID: ${feedbackId}\r\n` : '';
  return (
    `List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n${list}${feedback}MIME-Version: 1.0\r\n` +
    `Content-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n`
  );
}

function partHead(type: string): string {
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`;
}

function appendEncoded(chunks: (Buffer | string)[], pieces: readonly Piece[], fixed: readonly Buffer[]): void {
  for (const piece of pieces) {
    const chunk = typeof piece === 'number' ? fixed[piece] : encodeChunk(piece);
    if (chunk) chunks.push(chunk);
  }
}

/** Strings hold ASCII only. */
function concatenate(chunks: readonly (Buffer | string)[]): Buffer {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const whole = Buffer.allocUnsafeSlow(length);
  let position = 0;
  for (const chunk of chunks) {
    if (typeof chunk === 'string') position += whole.write(chunk, position, 'latin1');
    else position += chunk.copy(whole, position);
  }
  return whole;
}

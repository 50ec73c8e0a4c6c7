import type { EmailAddress } from './address';

/** Everything about one message that is decided before a platform sees it. Rendering happens lazily, once. */
export interface PreparedMessage {
  /** `run:step:member:channel`, the delivery's key; sent along where a platform takes idempotency keys. */
  readonly key: string;
  /** `<...@domain>`, derived from the key: the same for every attempt. */
  readonly messageId: string;
  /** RFC 5321 envelope. */
  readonly envelope: { from: EmailAddress; to: EmailAddress };
  /** The complete RFC 5322 message with CRLF line ends, for SMTP. */
  raw(): Buffer;
}

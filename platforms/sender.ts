/**
 * What a platform that delivers messages must be able to do. One prepared message in, one of four outcomes out.
 * The outcome is data, never an exception: a throw inside a page would retry its neighbours.
 */
import type { PreparedMessage } from '../email/prepared-message';

export type SendOutcome =
  /** The platform has taken responsibility for it. */
  | { outcome: 'accepted'; platformRef?: string; detail?: string }
  /** Never accepted, and never will be (SMTP 5xx for this message or recipient). `bounce`: the address itself is bad. */
  | { outcome: 'refused'; code?: number; detail: string; bounce: boolean }
  /** Certainly not accepted this time; may be tried again. `scope` says whom the trouble concerns. */
  | {
      outcome: 'not-accepted';
      scope: 'recipient' | 'domain' | 'platform';
      code?: number;
      detail: string;
      retryAfterMs?: number;
    }
  /** The connection was lost after the message was handed over: it may have been accepted. Never resent on our own. */
  | { outcome: 'unknown'; detail: string };

export interface MessageSender {
  /** Key under `platforms` in volante.yaml. */
  readonly platform: string;
  /** How many messages may be on the wire at once in this process. */
  readonly concurrency: number;
  send(message: PreparedMessage): Promise<SendOutcome>;
  /** Present where the platform can say whether it accepted the message of a key. */
  lookUp?(key: string, messageId: string): Promise<'accepted' | 'absent' | 'unknown'>;
  close(): Promise<void>;
}

/**
 * One connection to an SMTP server, over nodemailer's `SMTPConnection`. Its pool is not used: it may send a message again on
 * another connection (see docs/adr). Here an attempt ends once, and says whether the body had been handed over.
 */
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailAddress } from '../../email/address';
import type { SmtpFailure } from './outcome';
import type { ServerAddress } from './server-address';

export interface Timeouts {
  /** From the first packet to a session that takes mail: DNS, TCP, greeting, TLS. */
  connectMs: number;
  /** Longest silence of the server while we wait for it. */
  replyMs: number;
  /** Longest time for one message, however busy the server looks. RFC 5321 §4.5.3.2.6 asks for 10 minutes. */
  messageMs: number;
  /** A connection without work for this long says QUIT. Servers wait 5 minutes, often less. */
  idleMs: number;
}

export const defaultTimeouts: Timeouts = { connectMs: 15_000, replyMs: 300_000, messageMs: 600_000, idleMs: 30_000 };

export type Attempt =
  | { response: string }
  /** `sessionLost`: the connection is gone, rather than the message refused. */
  | { failure: SmtpFailure; handedOver: boolean; sessionLost: boolean };

export type Opening = { session: SmtpSession } | { failure: SmtpFailure };

/** Read only after the server has said `354`: from then on, the message may have arrived. */
class Body extends Readable {
  handedOver = false;

  constructor(readonly bytes: Buffer) {
    super({ highWaterMark: bytes.length + 1 });
  }

  override _read(): void {
    this.handedOver = true;
    this.push(this.bytes);
    this.push(null);
  }
}

export function openSession(server: ServerAddress, timeouts: Timeouts): Promise<Opening> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.secure,
    ignoreTLS: server.startTls === 'never',
    requireTLS: server.startTls === 'required',
    name: server.name,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.connectMs,
    dnsTimeout: timeouts.connectMs,
    socketTimeout: timeouts.replyMs,
    logger: false,
  });
  return new Promise((resolve) => {
    const fail = (failure: SmtpFailure) => {
      resolve({ failure });
      connection.close();
    };
    const succeed = () => resolve({ session: new SmtpSession(connection, timeouts) });
    connection.on('error', fail);
    connection.once('end', () =>
      fail({ message: 'connection closed before the session was open', code: 'ECONNECTION' }),
    );
    connection.connect((error?: SmtpFailure) => {
      if (error) fail(error);
      else if (!server.credentials) succeed();
      else if (!connection.allowsAuth) fail({ message: 'the server offers no authentication', code: 'EAUTH' });
      else connection.login(server.credentials, (refusal) => (refusal ? fail(refusal) : succeed()));
    });
  });
}

export class SmtpSession {
  readonly #connection: SMTPConnection;
  readonly #timeouts: Timeouts;
  #messages = 0;
  #lost = false;
  #pending: ((failure: SmtpFailure) => void) | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(connection: SMTPConnection, timeouts: Timeouts) {
    this.#connection = connection;
    this.#timeouts = timeouts;
    connection.once('end', () => {
      this.#lost = true;
      clearTimeout(this.#idleTimer);
      // The library reports a better reason in the same turn, if it has one.
      setImmediate(() => this.#pending?.({ message: 'connection closed', code: 'ECONNECTION' }));
    });
  }

  /** Can it take another message? */
  get isUsable(): boolean {
    return !this.#lost;
  }

  /** Messages tried on this connection. */
  get messages(): number {
    return this.#messages;
  }

  /** Never rejects, always ends. */
  send(envelope: { from: EmailAddress; to: EmailAddress }, bytes: Buffer): Promise<Attempt> {
    clearTimeout(this.#idleTimer);
    this.#messages++;
    const body = new Body(bytes);
    return new Promise((resolve) => {
      const end = (attempt: Attempt) => {
        clearTimeout(deadline);
        this.#pending = undefined;
        resolve(attempt);
      };
      const fail = (failure: SmtpFailure) =>
        end({ failure, handedOver: body.handedOver, sessionLost: this.#lost || !isAnswer(failure) });
      this.#pending = fail;
      const deadline = setTimeout(() => {
        fail({ message: 'message took too long', code: 'ETIMEDOUT' });
        this.close();
      }, this.#timeouts.messageMs);
      this.#connection.send(
        { from: envelope.from, to: [envelope.to], size: bytes.length },
        body,
        (error: SmtpFailure | null, info) => (error ? fail(error) : end({ response: info.response })),
      );
    });
  }

  /** After a refusal: whether the session is ready for another message. */
  reset(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#pending = () => resolve(false);
      this.#connection.reset((error) => {
        this.#pending = undefined;
        resolve(!error && !this.#lost);
      });
    });
  }

  /** Between messages; says QUIT after a while. */
  rest(): void {
    this.#idleTimer = setTimeout(() => this.quit(), this.#timeouts.idleMs);
    this.#idleTimer.unref();
  }

  quit(): void {
    clearTimeout(this.#idleTimer);
    if (this.#lost) return;
    this.#lost = true;
    this.#connection.quit();
  }

  close(): void {
    clearTimeout(this.#idleTimer);
    this.#lost = true;
    this.#connection.close();
  }
}

/** A reply to one of our commands, after which the server still listens. */
function isAnswer({ code, responseCode }: SmtpFailure): boolean {
  const isReply = code === 'EENVELOPE' || code === 'EMESSAGE';
  return isReply && responseCode !== undefined && responseCode !== 421 && responseCode >= 400 && responseCode < 600;
}

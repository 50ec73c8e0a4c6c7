/** Delivery over SMTP: a few connections that are kept, and one outcome for each message. */
import type { SmtpPlatform } from '../../definition/workspace-types';
import type { PreparedMessage } from '../../email/prepared-message';
import { resolveSecret } from '../secrets';
import type { MessageSender, SendOutcome } from '../sender';
import { createSigner, type Sign } from './dkim';
import { outcomeOfAcceptance, outcomeOfFailure, outcomeOfOpening } from './outcome';
import { parseServerAddress, type ServerAddress } from './server-address';
import { type Attempt, defaultTimeouts, openSession, type SmtpSession, type Timeouts } from './session';

/** Servers dislike endless connections; a new one costs a few round trips. */
const maxMessagesPerConnection = 500;

interface Log {
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface SmtpSenderOptions {
  /** Key under `platforms` in volante.yaml. */
  platform: string;
  config: SmtpPlatform;
  /** `config.url` with its secret resolved. */
  url: string;
  logger?: Log;
  timeouts?: Partial<Timeouts>;
  /** Where `config.dkim.privateKey` is looked up. */
  env?: NodeJS.ProcessEnv;
}

/** Opens nothing yet. Throws `VolanteError` where the address, the DKIM key or its secret is not usable. */
export function createSmtpSender({ platform, config, url, logger, timeouts, env }: SmtpSenderOptions): MessageSender {
  return new SmtpSender({
    platform,
    concurrency: Math.max(1, Math.floor(config.connections)),
    server: parseServerAddress(url, platform),
    sign: config.dkim && createSigner({ ...config.dkim, privateKey: resolveSecret(config.dkim.privateKey, env) }),
    timeouts: { ...defaultTimeouts, ...timeouts },
    logger,
  });
}

class SmtpSender implements MessageSender {
  readonly platform: string;
  readonly concurrency: number;
  readonly #server: ServerAddress;
  readonly #sign: Sign | undefined;
  readonly #timeouts: Timeouts;
  readonly #logger: Log | undefined;
  readonly #waiting: (() => void)[] = [];
  #idle: SmtpSession[] = [];
  #busy = 0;
  #closing: (() => void)[] | undefined;

  constructor(given: {
    platform: string;
    concurrency: number;
    server: ServerAddress;
    sign?: Sign;
    timeouts: Timeouts;
    logger?: Log;
  }) {
    this.platform = given.platform;
    this.concurrency = given.concurrency;
    this.#server = given.server;
    this.#sign = given.sign;
    this.#timeouts = given.timeouts;
    this.#logger = given.logger;
  }

  async send(message: PreparedMessage): Promise<SendOutcome> {
    await this.#turn();
    try {
      if (this.#closing) return { outcome: 'not-accepted', scope: 'platform', detail: 'sender is closing' };
      const bytes = this.#sign ? await this.#sign(message.raw()) : message.raw();
      return await this.#deliver(message, bytes);
    } finally {
      this.#endTurn();
    }
  }

  /** Ends when every message on the wire has its outcome. */
  async close(): Promise<void> {
    const finished = this.#busy === 0 ? undefined : new Promise<void>((resolve) => this.#onIdle(resolve));
    this.#closing ??= [];
    await finished;
    for (const session of this.#idle) session.quit();
    this.#idle = [];
  }

  /**
   * A kept connection may have been dropped by the server meanwhile. As long as the body was not handed over nothing can
   * have been accepted, so the message may go over a new one, once.
   */
  async #deliver(message: PreparedMessage, bytes: Buffer): Promise<SendOutcome> {
    const kept = this.#takeIdle();
    if (kept) {
      const attempt = await kept.send(message.envelope, bytes);
      if (!endedBeforeBody(attempt)) return this.#conclude({ session: kept, attempt, message });
      kept.close();
    }
    const opening = await openSession(this.#server, this.#timeouts);
    if ('failure' in opening) {
      const outcome = outcomeOfOpening(opening.failure);
      this.#logger?.warn(
        { platform: this.platform, code: outcome.code, detail: outcome.detail },
        'SMTP session not opened',
      );
      return outcome;
    }
    const attempt = await opening.session.send(message.envelope, bytes);
    return this.#conclude({ session: opening.session, attempt, message });
  }

  async #conclude(done: { session: SmtpSession; attempt: Attempt; message: PreparedMessage }): Promise<SendOutcome> {
    const { session, attempt, message } = done;
    const recipient = message.envelope.to;
    if ('response' in attempt) {
      this.#keep(session);
      return outcomeOfAcceptance(attempt.response, recipient);
    }
    if (attempt.sessionLost || !(await session.reset())) session.close();
    else this.#keep(session);
    return outcomeOfFailure({ failure: attempt.failure, handedOver: attempt.handedOver, recipient });
  }

  #takeIdle(): SmtpSession | undefined {
    for (let session = this.#idle.pop(); session; session = this.#idle.pop()) if (session.isUsable) return session;
    return undefined;
  }

  #keep(session: SmtpSession): void {
    if (!session.isUsable) return;
    if (this.#closing || session.messages >= maxMessagesPerConnection) {
      session.quit();
      return;
    }
    session.rest();
    this.#idle.push(session);
  }

  async #turn(): Promise<void> {
    if (this.#busy < this.concurrency) this.#busy++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
      return;
    }
    this.#busy--;
    if (this.#busy === 0) for (const notify of this.#closing ?? []) notify();
  }

  #onIdle(notify: () => void): void {
    this.#closing ??= [];
    this.#closing.push(notify);
  }
}

function endedBeforeBody(attempt: Attempt): boolean {
  if ('response' in attempt || attempt.handedOver || !attempt.sessionLost) return false;
  const { code, command, responseCode } = attempt.failure;
  if (responseCode === 421) return command !== 'RCPT TO' && command !== 'DATA';
  return code === 'ECONNECTION' || code === 'ESOCKET';
}

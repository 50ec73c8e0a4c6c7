import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** One message as the sink took it (or was handed it, when it then hung up). */
export interface SinkMessage {
  from: string;
  to: string[];
  /** Of the header, with its angle brackets; empty when there is none. */
  messageId: string;
  /** The message as it came over the wire. */
  raw: string;
}

export interface SinkEnvelope {
  from: string;
  to: string[];
}

/** What the sink does with a message. `hang-up` and `lose-answer` cut the connection after the data has arrived. */
export type SinkAnswer =
  | { do: 'accept'; afterMs?: number }
  | { do: 'refuse'; at: 'mail' | 'recipient' | 'data'; code: number; text: string }
  /** Never accepts: the connection ends before the data is answered, and the message is not kept. */
  | { do: 'hang-up' }
  /** Keeps the message but cuts the connection before the answer: the sender cannot know. */
  | { do: 'lose-answer' };

export interface SmtpSink {
  url: string;
  port: number;
  /** Accepted messages, in the order of acceptance. */
  messages: SinkMessage[];
  /** Decides for each message; by default all are accepted. At `mail`, `to` is still empty. */
  behave(answer: (envelope: SinkEnvelope) => SinkAnswer): void;
  /** How many connections were opened since the start. */
  connections(): number;
  /** Stops listening and cuts all connections; comeBack() listens on the same port again. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

/** A real SMTP server on the loopback interface that keeps what it gets and misbehaves as it is told. */
export async function smtpSink(options: { port?: number } = {}): Promise<SmtpSink> {
  const messages: SinkMessage[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  let decide: (envelope: SinkEnvelope) => SinkAnswer = () => ({ do: 'accept' });

  const refuseAt = (at: 'mail' | 'recipient' | 'data', envelope: SinkEnvelope): Error | undefined => {
    const answer = decide(envelope);
    if (answer.do !== 'refuse' || answer.at !== at) return undefined;
    return Object.assign(new Error(answer.text), { responseCode: answer.code });
  };

  const listen = async (port: number): Promise<SMTPServer> => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      logger: false,
      disableReverseLookup: true,
      onMailFrom: (address, _session, done) => done(refuseAt('mail', { from: address.address, to: [] })),
      onRcptTo: (address, session, done) =>
        done(refuseAt('recipient', { from: sender(session), to: [address.address] })),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const envelope = { from: sender(session), to: session.envelope.rcptTo.map(({ address }) => address) };
          const answer = decide(envelope);
          const raw = Buffer.concat(chunks).toString('utf8');
          const keep = (): number => messages.push({ ...envelope, messageId: messageIdOf(raw), raw });
          if (answer.do === 'refuse') {
            done(Object.assign(new Error(answer.text), { responseCode: answer.code }));
          } else if (answer.do === 'accept') {
            setTimeout(() => {
              keep();
              done();
            }, answer.afterMs ?? 0);
          } else {
            if (answer.do === 'lose-answer') keep();
            cut(session);
          }
        });
      },
    });
    server.on('error', () => undefined);
    server.server.on('connection', (socket: Socket) => {
      opened += 1;
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return server;
  };

  const cut = (session: SMTPServerSession): void => {
    for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
  };

  let server: SMTPServer | undefined = await listen(options.port ?? 0);
  const { port } = server.server.address() as AddressInfo;

  const goAway = async (): Promise<void> => {
    const leaving = server;
    server = undefined;
    if (!leaving) return;
    const closed = new Promise<void>((resolve) => {
      leaving.close(() => resolve());
    });
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    messages,
    behave: (answer) => {
      decide = answer;
    },
    connections: () => opened,
    goAway,
    comeBack: async () => {
      server ??= await listen(port);
    },
    stop: goAway,
  };
}

function sender(session: SMTPServerSession): string {
  return session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
}

function messageIdOf(raw: string): string {
  const headers = raw.slice(0, Math.max(raw.indexOf('\r\n\r\n'), 0)).replaceAll(/\r\n[ \t]+/g, ' ');
  return /^message-id:\s*(\S+)/im.exec(headers)?.[1] ?? '';
}

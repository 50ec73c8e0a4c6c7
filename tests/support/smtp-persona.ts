/**
 * An SMTP server that misbehaves exactly as told, on a port of its own. Keeps every body that it received whole, whatever it
 * answered, so that a test can count what a real server might have delivered.
 */
import { createServer, type Server, type Socket } from 'node:net';

/** A reply line, or what happens instead of one. */
export type Act = string | 'drop' | 'reset' | 'silence';

export interface Persona {
  /** Announce PIPELINING? */
  pipelining?: boolean;
  greeting?: Act;
  ehlo?: Act;
  mail?: Act;
  rcpt?: Act | ((recipient: string) => Act);
  data?: Act;
  /** Says 354 though it took no recipient, as some servers do. */
  takesDataAlways?: boolean;
  /** Answer to the final dot; gets the number of bodies received so far, this one included. */
  body?: Act | ((count: number) => Act);
  /** Cut the connection after so many bytes of a body. */
  cutBodyAfter?: number;
  /** What happens on a connection whose message was taken. */
  afterMessage?: Act;
}

export interface RunningPersona {
  port: number;
  bodies: string[];
  recipients: string[];
  connections: number;
  open: Set<Socket>;
  close(): Promise<void>;
}

export async function startPersona(persona: Persona = {}): Promise<RunningPersona> {
  const running: RunningPersona = {
    port: 0,
    bodies: [],
    recipients: [],
    connections: 0,
    open: new Set(),
    close: () => closeServer(server, running.open),
  };
  const server = createServer((socket) => {
    running.connections++;
    running.open.add(socket);
    socket.on('close', () => running.open.delete(socket));
    socket.on('error', () => undefined);
    converse(socket, persona, running);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  running.port = typeof address === 'object' && address ? address.port : 0;
  return running;
}

function converse(socket: Socket, persona: Persona, running: RunningPersona): void {
  let buffer = '';
  let inBody = false;
  let hasRecipient = false;
  const act = (what: Act, then?: () => void) => {
    if (what === 'silence') return;
    if (what === 'drop') socket.end();
    else if (what === 'reset') socket.resetAndDestroy();
    else socket.write(`${what}\r\n`, then);
  };
  act(persona.greeting ?? '220 persona.example ESMTP');

  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1');
    for (;;) {
      if (inBody && persona.cutBodyAfter !== undefined && buffer.length >= persona.cutBodyAfter) {
        socket.resetAndDestroy();
        return;
      }
      const isEmptyBody = inBody && buffer.startsWith('.\r\n');
      const end = isEmptyBody ? 0 : buffer.indexOf(inBody ? '\r\n.\r\n' : '\r\n');
      if (end === -1) return;
      const text = buffer.slice(0, end);
      buffer = buffer.slice(end + (inBody && !isEmptyBody ? 5 : isEmptyBody ? 3 : 2));
      if (isEmptyBody) endEmptyBody();
      else if (inBody) receiveBody(text);
      else answer(text);
    }
  });

  function endEmptyBody(): void {
    inBody = false;
    act('554 5.5.1 No valid recipients');
  }

  function receiveBody(text: string): void {
    inBody = false;
    running.bodies.push(text);
    const reply = typeof persona.body === 'function' ? persona.body(running.bodies.length) : persona.body;
    act(reply ?? '250 2.0.0 Ok: queued as 4XYZ12abc', () => {
      if (persona.afterMessage) act(persona.afterMessage);
    });
  }

  function answer(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO')
      act(persona.ehlo ?? (persona.pipelining ? '250-persona.example\r\n250 PIPELINING' : '250 persona.example'));
    else if (verb === 'MAIL') act(persona.mail ?? '250 2.1.0 Ok');
    else if (verb === 'RCPT') {
      const recipient = /<(.*)>/.exec(line)?.[1] ?? '';
      running.recipients.push(recipient);
      const reply = (typeof persona.rcpt === 'function' ? persona.rcpt(recipient) : persona.rcpt) ?? '250 2.1.5 Ok';
      hasRecipient = reply.startsWith('2');
      act(reply);
    } else if (verb === 'DATA') {
      const willing = hasRecipient || persona.takesDataAlways;
      const reply = persona.data ?? (willing ? '354 End data with <CR><LF>.<CR><LF>' : '503 5.5.1 No valid recipients');
      inBody = reply.startsWith('354');
      act(reply);
    } else if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
    else act('250 2.0.0 Ok');
  }
}

async function closeServer(server: Server, open: Set<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { MessageSender } from '../../platforms/sender';
import { createSmtpSender } from '../../platforms/smtp';
import { compiled, personal, source } from '../support/compiled-email';
import { dkimFault } from '../support/dkim-verifier';

interface Received {
  from: string;
  to: string[];
  raw: Buffer;
  secure: boolean;
}

let server: SMTPServer;
let received: Received[];

async function listen(options: SMTPServerOptions): Promise<number> {
  received = [];
  server = new SMTPServer({
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks),
          secure: session.secure,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.server.address() as AddressInfo).port;
}

function senderTo(url: string, rest: Partial<Parameters<typeof createSmtpSender>[0]['config']> = {}): MessageSender {
  return createSmtpSender({ platform: 'mail', config: { kind: 'smtp', url: '', connections: 3, ...rest }, url });
}

afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

test('the message arrives as it was composed, to the envelope alone, signed', async () => {
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const port = await listen({ disabledCommands: ['STARTTLS'] });
  const sender = senderTo(`smtp://127.0.0.1:${port}`, {
    dkim: { domain: 'shop.example', selector: 's1', privateKey: keys.privateKey },
  });
  const email = await compiled(source('<p>.\n..\nHola, {{ contact.firstName }} — ñandú</p>'));
  const message = email.prepare(personal({ firstName: '<b>José</b>' }));
  await expect(sender.send(message)).resolves.toMatchObject({ outcome: 'accepted' });
  await sender.close();
  expect(received).toHaveLength(1);
  const [{ from, to, raw } = { from: '', to: [], raw: Buffer.alloc(0) }] = received;
  expect({ from, to }).toEqual({ from: 'bounces@shop.example', to: ['ana@customer.example'] });
  expect(raw.subarray(raw.length - message.raw().length).equals(message.raw())).toBe(true);
  expect(dkimFault(raw, keys.publicKey)).toBeUndefined();
  const parsed = await simpleParser(raw);
  expect(parsed.html).toContain('<p>.\n..\nHola, &lt;b&gt;José&lt;/b&gt; — ñandú</p>');
});

describe('a server that wants a password', () => {
  const auth: SMTPServerOptions = {
    authOptional: false,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'volante' && password === 'p/w' ? done(null, { user: 'volante' }) : done(new Error('Invalid login')),
  };
  const send = async (userInfo: string, query = '') => {
    const port = await listen(auth);
    const sender = senderTo(`smtp://${userInfo}127.0.0.1:${port}${query}`);
    const outcome = await sender.send((await compiled(source('<p>x</p>'))).prepare(personal()));
    await sender.close();
    return outcome;
  };

  test('gets it', async () => {
    await expect(send('volante:p%2Fw@')).resolves.toMatchObject({ outcome: 'accepted' });
  });
  test('refuses a wrong one: trouble of the platform, not of the recipient', async () => {
    const outcome = await send('volante:wrong@');
    expect(outcome).toMatchObject({ outcome: 'not-accepted', scope: 'platform', code: 535 });
    expect(JSON.stringify(outcome)).toMatch(/authentication failed/);
    expect(JSON.stringify(outcome)).not.toMatch(/wrong/);
  });
  test('misses it: trouble of the platform', async () => {
    await expect(send('')).resolves.toMatchObject({ outcome: 'not-accepted', scope: 'platform', code: 530 });
  });
  test('gets no password in clear where TLS is required and not offered', async () => {
    const outcome = await send('volante:p%2Fw@', '?tls=required');
    expect(outcome).toMatchObject({ outcome: 'not-accepted', scope: 'platform' });
    expect(received).toHaveLength(0);
  });
});

test('a certificate that nobody signed is trouble of the platform, and nothing is sent', async () => {
  const port = await listen({});
  const sender = senderTo(`smtp://127.0.0.1:${port}?tls=required`);
  const outcome = await sender.send((await compiled(source('<p>x</p>'))).prepare(personal()));
  await sender.close();
  expect(outcome).toMatchObject({ outcome: 'not-accepted', scope: 'platform' });
  expect(received).toHaveLength(0);
});

test('a password for a server that asks for none is not dropped in silence', async () => {
  const port = await listen({ disabledCommands: ['AUTH', 'STARTTLS'] });
  const sender = senderTo(`smtp://u:p@127.0.0.1:${port}`);
  const outcome = await sender.send((await compiled(source('<p>x</p>'))).prepare(personal()));
  await sender.close();
  expect(outcome).toMatchObject({ outcome: 'not-accepted', scope: 'platform' });
});

/**
 * How fast can mail leave this machine at all? The figures that Volante's own are compared with: nodemailer's pool in a
 * loop, once with messages that are already composed, once composing each of them. No ledger, no workflow.
 * Against a sink such as Postfix's: `smtp-sink -u postfix 127.0.0.1:2500 500`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { EmailAddress } from '../email';
import { type CompiledEmail, compileEmail, messageId, parseAddress } from '../email';
import { createSmtpSender } from '../platforms/smtp';

export interface LoopOptions {
  port: number;
  count: number;
  /** Default 10, as in the gallery's volante.yaml. */
  connections?: number;
}

const defaultConnections = 10;
const unsubscribeUrl = 'https://go.shop.example/u/0123456789abcdefghijklmnopqrstuvwxyzABCDEF';

/** Messages a second of a pooled `sendMail({ envelope, raw })`, the same composed message again and again. */
export async function bareRawLoop({ port, count, connections = defaultConnections }: LoopOptions): Promise<number> {
  const transport = pooledTransport(port, connections);
  const envelope = { from: 'bounces@shop.example', to: ['person@customer.example'] };
  const raw = prepare(await exampleEmail(), 0).raw();
  const rate = await messagesPerSecond({ count, connections, send: () => transport.sendMail({ envelope, raw }) });
  transport.close();
  return rate;
}

/** Messages a second of a pooled `sendMail({ from, to, html, ... })`: nodemailer composes each message. */
export async function bareComposeLoop({ port, count, connections = defaultConnections }: LoopOptions): Promise<number> {
  const transport = pooledTransport(port, connections);
  const { html, text, subject } = (await exampleEmail()).preview(personal(0));
  const rate = await messagesPerSecond({
    count,
    connections,
    send: (n) =>
      transport.sendMail({
        envelope: { from: 'bounces@shop.example', to: [`person${n}@customer.example`] },
        from: 'La Tienda <hola@shop.example>',
        to: `person${n}@customer.example`,
        subject,
        html,
        text,
        headers: {
          'List-Unsubscribe': { prepared: true, value: `<${unsubscribeUrl}>` },
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        },
      }),
  });
  transport.close();
  return rate;
}

/** Messages a second of Volante's own `prepare()` and `send()`, a different message for each recipient. */
export async function volanteLoop({ port, count, connections = defaultConnections }: LoopOptions): Promise<number> {
  const email = await exampleEmail();
  const url = `smtp://127.0.0.1:${port}`;
  const sender = createSmtpSender({ platform: 'bench', config: { kind: 'smtp', url, connections }, url });
  const rate = await messagesPerSecond({
    count,
    connections,
    send: async (n) => {
      const { outcome } = await sender.send(prepare(email, n));
      if (outcome !== 'accepted') throw new Error(`message ${n} was ${outcome}`);
    },
  });
  await sender.close();
  return rate;
}

/** The gallery's offer, of some 18 kB. */
export async function exampleEmail(): Promise<CompiledEmail> {
  const folder = join(process.cwd(), 'campaigns', 'spring-sale');
  const { email, problems } = await compileEmail({
    template: { path: 'offer.mjml', content: readFileSync(join(folder, 'offer.mjml'), 'utf8'), format: 'mjml' },
    text: { path: 'offer.txt', content: readFileSync(join(folder, 'offer.txt'), 'utf8') },
    subject: "{{ contact.firstName | default: 'Hola' }}, 15 % esta semana",
    preheader: 'Solo esta semana',
    sender: {
      name: 'La Tienda',
      address: 'hola@shop.example',
      postalAddress: 'La Tienda S.L., Madrid',
      listId: 'offers.shop.example',
    },
    locale: 'es',
  });
  if (!email) throw new Error(problems.map(({ message }) => message).join('; '));
  return email;
}

function prepare(email: CompiledEmail, n: number) {
  return email.prepare(personal(n));
}

function personal(n: number) {
  const to = address(`person${n}@customer.example`);
  return {
    key: `bench:offer:${n}:email`,
    messageId: messageId(`bench:offer:${n}:email`, 'shop.example'),
    to,
    envelopeFrom: address('bounces@shop.example'),
    contact: { email: to, firstName: `María ${n}` },
    unsubscribeUrl,
    date: new Date(0),
  };
}

function address(text: string): EmailAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.address;
}

function pooledTransport(port: number, connections: number) {
  return createTransport({
    pool: true,
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    maxConnections: connections,
    maxMessages: Number.POSITIVE_INFINITY,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Keeps every connection busy, and two messages in waiting. */
async function messagesPerSecond(work: {
  count: number;
  connections: number;
  send: (n: number) => Promise<unknown>;
}): Promise<number> {
  let next = 0;
  const lane = async () => {
    while (next < work.count) await work.send(next++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: work.connections + 2 }, lane));
  return work.count / ((performance.now() - start) / 1000);
}

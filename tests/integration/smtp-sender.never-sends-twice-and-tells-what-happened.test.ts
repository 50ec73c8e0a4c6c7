import type { PreparedMessage } from '../../email';
import { parseAddress } from '../../email';
import type { MessageSender, SendOutcome } from '../../platforms/sender';
import { createSmtpSender } from '../../platforms/smtp';
import { type Persona, type RunningPersona, startPersona } from '../support/smtp-persona';

const body = `From: a@shop.example\r\nSubject: x\r\n\r\n${'.dots and text\r\n'.repeat(2000)}`;

function message(name = 'ana.garcia'): PreparedMessage {
  const from = parseAddress('bounces@shop.example');
  const to = parseAddress(`${name}@customer.example`);
  if (!from.ok || !to.ok) throw new Error('bad fixture');
  return {
    key: name,
    messageId: `<${name}@shop.example>`,
    envelope: { from: from.address, to: to.address },
    raw: () => Buffer.from(body),
  };
}

let persona: RunningPersona;
let sender: MessageSender;

async function meet(how: Persona, connections = 1): Promise<void> {
  persona = await startPersona(how);
  const patience = Object.values(how).includes('silence') ? 500 : 20_000;
  sender = createSmtpSender({
    platform: 'mail',
    config: { kind: 'smtp', url: '', connections },
    url: `smtp://127.0.0.1:${persona.port}`,
    timeouts: { connectMs: patience, replyMs: patience, messageMs: 3 * patience },
  });
}

afterEach(async () => {
  await sender.close();
  await persona.close();
});

describe.each([false, true])('with pipelining: %s', (pipelining) => {
  const outcomes: [string, Persona, Partial<SendOutcome>, number][] = [
    ['takes it', {}, { outcome: 'accepted', platformRef: '4XYZ12abc' }, 1],
    ['knows no such mailbox', { rcpt: '550 5.1.1 No such user' }, { outcome: 'refused', code: 550, bounce: true }, 0],
    [
      'knows no such mailbox but says 354',
      { rcpt: '550 5.1.1 No such user', takesDataAlways: true },
      { outcome: 'refused', code: 550, bounce: true },
      0,
    ],
    ['knows no such mailbox, in old words', { rcpt: '550 No such user here' }, { outcome: 'refused', bounce: true }, 0],
    ['has a disabled mailbox', { rcpt: '550 5.2.1 Disabled' }, { outcome: 'refused', bounce: true }, 0],
    ['does not relay', { rcpt: '554 5.7.1 Relay access denied' }, { outcome: 'refused', bounce: false }, 0],
    ['does not relay, in old words', { rcpt: '550 relaying denied' }, { outcome: 'refused', bounce: false }, 0],
    [
      'wants authentication at RCPT',
      { rcpt: '530 5.7.0 Authentication required' },
      { outcome: 'not-accepted', scope: 'platform', code: 530 },
      0,
    ],
    [
      'refuses our sender',
      { mail: '550 5.7.1 Sender rejected' },
      { outcome: 'not-accepted', scope: 'platform', code: 550 },
      0,
    ],
    ['has a full mailbox', { rcpt: '452 4.2.2 Mailbox full' }, { outcome: 'not-accepted', scope: 'recipient' }, 0],
    ['has a busy mailbox', { rcpt: '450 4.2.1 Busy' }, { outcome: 'not-accepted', scope: 'recipient', code: 450 }, 0],
    [
      'greylists',
      { rcpt: '451 4.7.1 Greylisting in action, try again in 300 seconds' },
      { outcome: 'not-accepted', scope: 'recipient', retryAfterMs: 300_000 },
      0,
    ],
    ['throttles', { rcpt: '451 4.7.0 Too many messages' }, { outcome: 'not-accepted', scope: 'domain', code: 451 }, 0],
    [
      'closes shop at RCPT',
      { rcpt: '421 4.7.0 Try later' },
      { outcome: 'not-accepted', scope: 'domain', code: 421 },
      0,
    ],
    [
      'closes shop at MAIL',
      { mail: '421 4.3.2 Shutting down' },
      { outcome: 'not-accepted', scope: 'platform', code: 421 },
      0,
    ],
    [
      'is out of disk at RCPT',
      { rcpt: '452 4.3.1 Insufficient storage' },
      { outcome: 'not-accepted', scope: 'platform' },
      0,
    ],
    ['refuses DATA', { data: '554 5.6.0 No' }, { outcome: 'refused', bounce: false }, 0],
    ['refuses the content', { body: '554 5.7.1 Spam' }, { outcome: 'refused', code: 554, bounce: false }, 1],
    ['finds the mailbox gone only after the body', { body: '550 5.1.1 Gone' }, { outcome: 'refused', bounce: true }, 1],
    ['throttles after the body', { body: '451 4.7.1 Slow down' }, { outcome: 'not-accepted', scope: 'domain' }, 1],
    [
      'closes shop after the body',
      { body: '421 4.7.0 Slow down' },
      { outcome: 'not-accepted', scope: 'domain', code: 421 },
      1,
    ],
    ['drops before the greeting', { greeting: 'drop' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['resets before the greeting', { greeting: 'reset' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['never greets', { greeting: 'silence' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['greets with 421', { greeting: '421 4.3.2 Busy' }, { outcome: 'not-accepted', scope: 'platform', code: 421 }, 0],
    [
      'greets with 554',
      { greeting: '554 5.7.1 Go away' },
      { outcome: 'not-accepted', scope: 'platform', code: 554 },
      0,
    ],
    ['greets with garbage', { greeting: 'hello there' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['drops at MAIL', { mail: 'drop' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['drops at RCPT', { rcpt: 'drop' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['resets at RCPT', { rcpt: 'reset' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['is silent at RCPT', { rcpt: 'silence' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['drops at DATA', { data: 'drop' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['babbles at RCPT', { rcpt: 'no idea what you mean' }, { outcome: 'not-accepted', scope: 'platform' }, 0],
    ['resets in the middle of the body', { cutBodyAfter: 8000 }, { outcome: 'unknown' }, 0],
    ['drops after the body', { body: 'drop' }, { outcome: 'unknown' }, 1],
    ['resets after the body', { body: 'reset' }, { outcome: 'unknown' }, 1],
    ['is silent after the body', { body: 'silence' }, { outcome: 'unknown' }, 1],
    ['babbles after the body', { body: 'thanks a lot' }, { outcome: 'unknown' }, 1],
    ['babbles with a two after the body', { body: '2 good' }, { outcome: 'unknown' }, 1],
    ['answers 354 after the body', { body: '354 more?' }, { outcome: 'unknown' }, 1],
  ];

  test.each(outcomes)('a server that %s', async (_name, how, expected, bodies) => {
    await meet({ ...how, pipelining });
    const outcome = await sender.send(message());
    expect(outcome).toMatchObject(expected);
    expect(persona.bodies.length).toBe(bodies);
    expect(persona.connections).toBeLessThanOrEqual(1);
  });

  test('refusals leave the connection usable', async () => {
    await meet({ pipelining, rcpt: (to) => (to.startsWith('bad') ? '550 5.1.1 No' : '250 Ok') });
    for (const name of ['bad1', 'good1', 'bad2', 'good2']) await sender.send(message(name));
    expect(persona.connections).toBe(1);
    expect(persona.bodies.length).toBe(2);
  });

  test('a connection dropped between messages is replaced without losing or repeating one', async () => {
    await meet({ pipelining, afterMessage: 'drop' });
    for (let n = 0; n < 5; n++) {
      await expect(sender.send(message(`person${n}`))).resolves.toMatchObject({ outcome: 'accepted' });
    }
    expect(persona.bodies.length).toBe(5);
  });

  test('421 said to an idle connection is no failure of the next message', async () => {
    await meet({ pipelining, afterMessage: '421 4.4.2 Idle too long' });
    for (let n = 0; n < 3; n++) {
      await expect(sender.send(message(`person${n}`))).resolves.toMatchObject({ outcome: 'accepted' });
    }
    expect(persona.bodies.length).toBe(3);
  });

  test('a kept connection that dies after the body is handed over is not tried again', async () => {
    await meet({ pipelining, body: (count) => (count === 2 ? 'reset' : '250 Ok') });
    await expect(sender.send(message('one'))).resolves.toMatchObject({ outcome: 'accepted' });
    await expect(sender.send(message('two'))).resolves.toMatchObject({ outcome: 'unknown' });
    await expect(sender.send(message('three'))).resolves.toMatchObject({ outcome: 'accepted' });
    expect(persona.recipients.filter((to) => to.startsWith('two'))).toHaveLength(1);
    expect(persona.bodies.length).toBe(3);
  });

  test('400 messages over servers that fail at random: each body at most once, each outcome true', async () => {
    const acts = ['250 Ok', '250 Ok', '250 Ok', 'drop', 'reset', '451 4.7.0 Slow', '421 4.7.0 Bye', 'garbage'];
    let state = 7;
    const next = () => (state = (state * 48271) % 2147483647);
    await meet(
      {
        pipelining,
        body: () => acts[next() % acts.length] ?? '250 Ok',
        rcpt: () => (next() % 20 === 0 ? 'reset' : '250 Ok'),
      },
      10,
    );
    const results = await Promise.all(
      Array.from({ length: 400 }, async (_, n) => ({
        n,
        ...(await sender.send({ ...message(`person${n}`), raw: () => Buffer.from(`X-N: ${n}\r\n\r\n${body}`) })),
      })),
    );
    const bodiesOf = (n: number) => persona.bodies.filter((text) => text.startsWith(`X-N: ${n}\r\n`)).length;
    for (const { n, outcome } of results) {
      expect(bodiesOf(n)).toBeLessThanOrEqual(1);
      if (outcome === 'accepted' || outcome === 'unknown') expect(bodiesOf(n)).toBe(1);
    }
    expect(results.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(100);
    expect(results.filter(({ outcome }) => outcome === 'unknown').length).toBeGreaterThan(20);
  });
});

test('nobody listens: not accepted, for the whole platform', async () => {
  await meet({});
  await persona.close();
  await expect(sender.send(message())).resolves.toMatchObject({ outcome: 'not-accepted', scope: 'platform' });
});

test('never more connections than configured, and none is left after closing', async () => {
  await meet({}, 4);
  await Promise.all(Array.from({ length: 60 }, (_, n) => sender.send(message(`person${n}`))));
  expect(persona.connections).toBeLessThanOrEqual(4);
  expect(persona.bodies.length).toBe(60);
  await sender.close();
  while (persona.open.size > 0) await new Promise((resolve) => setImmediate(resolve));
  await expect(sender.send(message())).resolves.toMatchObject({ outcome: 'not-accepted' });
});

test('details never repeat the recipient', async () => {
  await meet({ rcpt: (to) => `550 5.1.1 <${to}>: user ana.garcia unknown` });
  const outcome = await sender.send(message());
  expect(JSON.stringify(outcome)).not.toMatch(/ana|garcia|customer/);
});

test('dots at the beginning of lines arrive as they were', async () => {
  await meet({});
  await sender.send(message());
  expect(persona.bodies[0]?.replaceAll('\r\n..', '\r\n.')).toBe(body.replace(/\r\n$/, ''));
});

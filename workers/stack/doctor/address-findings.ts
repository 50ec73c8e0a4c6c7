import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Settings } from '../../../settings/settings';
import { scrub } from '../../../telemetry/personal-data';
import { answersOk } from '../child-service';
import { type Finding, healthy, inOneLine, unhealthy } from './finding';

const greetingTimeoutMs = 5_000;

/** Whether a mail server greets at SMTP_URL. Nothing is sent but QUIT. */
export async function smtpFinding({ smtpUrl }: Settings): Promise<Finding> {
  if (smtpUrl === '') return unhealthy('SMTP', 'SMTP_URL is not set and no local stack is up', 'run `volante up`');
  const shown = scrub(smtpUrl);
  try {
    const greeting = await smtpGreeting(new URL(smtpUrl));
    if (greeting.startsWith('220')) return healthy('SMTP', `${shown} greets`);
    return unhealthy('SMTP', `${shown} answers ${greeting}`, 'ask the provider; the server refuses this machine');
  } catch (error) {
    return unhealthy('SMTP', `${shown}: ${inOneLine(error)}`, 'start it (locally `volante up`), or correct SMTP_URL');
  }
}

export async function mailboxFinding({ mailboxUrl }: Settings): Promise<Finding[]> {
  if (!mailboxUrl) return [];
  return [await pageFinding({ name: 'mailbox', url: mailboxUrl, fix: 'run `volante up`' })];
}

export async function gatewayFinding({ gatewayUrl }: Settings): Promise<Finding> {
  const fix = 'start it: `npm run gateway`, locally `volante up`';
  if (gatewayUrl === '') return unhealthy('gateway', 'VOLANTE_GATEWAY_URL is not set and no local stack runs one', fix);
  return pageFinding({ name: 'gateway', url: gatewayUrl, fix });
}

async function pageFinding({ name, url, fix }: { name: string; url: string; fix: string }): Promise<Finding> {
  try {
    if (await answersOk(new URL('/healthz', url).href)) return healthy(name, url);
    return unhealthy(name, `${url} answers, but is not well`, `look at its log; ${fix}`);
  } catch (error) {
    return unhealthy(name, `${url}: ${inOneLine(error)}`, fix);
  }
}

async function smtpGreeting(url: URL): Promise<string> {
  const secure = url.protocol === 'smtps:';
  const port = Number(url.port || (secure ? 465 : 587));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = secure ? connectTls({ host, port, servername: host }) : connect({ host, port });
    socket.setTimeout(greetingTimeoutMs, () => socket.destroy(new Error(`silent for ${greetingTimeoutMs / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed at once')));
    socket.once('data', (chunk: Buffer) => {
      socket.end('QUIT\r\n');
      resolve(chunk.toString('latin1').split('\r\n', 1)[0] ?? '');
    });
  });
}

/** The gateway over a harness's ledger and Temporal server, and people who visit it. */
import type { FastifyInstance } from 'fastify';
import { simpleParser } from 'mailparser';
import type { Workspace } from '../../definition/workspace-types';
import { createGateway, type GatewayOptions } from '../../gateway/app';
import { freePort } from '../../workers/binaries/free-port';
import { eventually } from './eventually';
import type { Harness } from './run-harness';
import { testSecretKey } from './run-harness';
import type { SinkMessage } from './smtp-sink';

export interface TestGateway {
  app: FastifyInstance;
  url: string;
  /** What `volante.yaml` says at this moment. */
  workspace: Workspace;
  close(): Promise<void>;
}

/** Listens on the loopback interface; the harness's mails link to it from now on. */
export async function startGateway(harness: Harness, options: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { database, workspace, logger, metrics } = harness.deps;
  const gateway: TestGateway = {
    url,
    workspace: structuredClone(workspace),
    app: await createGateway({
      database,
      client: harness.environment.client,
      workspace: async () => gateway.workspace,
      secretKey: testSecretKey,
      baseUrl: url,
      secretOf: (reference) => `${reference} of the test`,
      logger,
      metrics,
      limits: { approvalLinks: 10_000, approvalPages: 10_000, decisions: 10_000, forgedTokens: 10_000 },
      ...options,
    }),
    close: () => gateway.app.close(),
  };
  await gateway.app.listen({ host: '127.0.0.1', port });
  harness.deps.gatewayUrl = url;
  return gateway;
}

/** The link in the newest mail to an address that has one. */
export async function mailedLink(harness: Harness, to: string, kind: 'a' | 'u' = 'a'): Promise<string> {
  return eventually(
    async () =>
      linkIn(
        harness.sink.messages.findLast((message) => message.to.includes(to)),
        kind,
      ),
    {
      what: `a mail with a link for ${to}`,
    },
  );
}

export async function linkIn(message: SinkMessage | undefined, kind: 'a' | 'u'): Promise<string | undefined> {
  if (!message) return undefined;
  const { text, headerLines } = await simpleParser(message.raw);
  const headers = headerLines.map(({ line }) => line).join('\n');
  return new RegExp(`https?://[^\\s<>"]+/${kind}/[\\w.-]+`).exec(`${text}\n${headers}`)?.[0];
}

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** Names and values of an HTML form's hidden fields, as the page holds them. */
export function hiddenFields(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => tag);
  return Object.fromEntries(
    inputs.map((tag) => [/name="([^"]*)"/.exec(tag)?.[1] ?? '', /value="([^"]*)"/.exec(tag)?.[1] ?? '']),
  );
}

/** Keeps cookies as a browser does, follows nothing by itself. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  async get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
    return this.ask(url, { method, headers });
  }

  async post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(url, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        origin: 'null',
        ...headers,
      },
    });
  }

  /** Opens a mailed link as a browser does: follows to the page. */
  async open(link: string): Promise<Answer & { url: string }> {
    const first = await this.get(link);
    const location = first.headers.get('location');
    if (!location) return { ...first, url: link };
    const url = new URL(location, link).href;
    return { ...(await this.get(url)), url };
  }

  /** Opens a link, presses a button on its page and follows to what comes then. */
  async decide(link: string, verdict: 'approve' | 'reject', comment = ''): Promise<Answer> {
    const page = await this.open(link);
    const answer = await this.post(page.url, { ...hiddenFields(page.body), verdict, comment });
    const location = answer.headers.get('location');
    return location ? this.get(new URL(location, page.url).href) : answer;
  }

  private async ask(url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...(cookie && { cookie }), ...init.headers },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      this.cookies.set(name, value);
    }
    return { status: response.status, headers: response.headers, body: await response.text() };
  }
}

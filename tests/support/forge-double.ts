/** A forge that keeps comments and statuses as GitHub, Gitea or GitLab document it; it can be told to misbehave. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForgeAddress, ForgeKind } from '../../platforms/forges';

interface KeptComment {
  id: number;
  body: string;
  author: string;
}

interface KeptStatus {
  commit: string;
  context: string;
  state: string;
  description: string;
  targetUrl?: string;
}

const prefixes = { github: '', gitea: '/api/v1', gitlab: '/api/v4' } as const;

export class ForgeDouble {
  readonly comments: KeptComment[] = [];
  readonly statuses: KeptStatus[] = [];
  readonly asked: string[] = [];
  /** Tokens, and who they belong to; one without a name may not ask who it is, and writes as `bot`. */
  readonly users = new Map<string, string | undefined>();
  bot = 'github-actions[bot]';
  /** Answers instead of the forge. */
  misbehave?: RequestListener;
  private nextId = 1;

  private constructor(
    readonly kind: ForgeKind,
    private readonly server: Server,
  ) {}

  static async start(kind: ForgeKind): Promise<ForgeDouble> {
    const server = createServer();
    const double = new ForgeDouble(kind, server);
    server.on('request', (request, response) => void double.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    double.users.set('token-of-ana', 'ana');
    return double;
  }

  address(token = 'token-of-ana'): ForgeAddress {
    const { port } = this.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}${prefixes[this.kind]}`;
    return { kind: this.kind, url, repository: 'shop/campaigns', token, timeoutMs: 10_000 };
  }

  say(author: string, body: string): KeptComment {
    const comment = { id: this.nextId++, body, author };
    this.comments.push(comment);
    return comment;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    this.asked.push(`${request.method} ${request.url}`);
    if (this.misbehave) {
      this.misbehave(request, response);
      return;
    }
    const [status, answer] = this.answer(request, text === '' ? {} : (JSON.parse(text) as Record<string, string>));
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 204 ? undefined : JSON.stringify(answer));
  }

  private answer(request: IncomingMessage, body: Record<string, string>): [number, unknown?] {
    const { headers, method } = request;
    const token =
      (headers['private-token'] as string) ?? headers.authorization?.replace(/^(?:Bearer|token) /, '') ?? '';
    if (!this.users.has(token)) return [401, { message: '401 Unauthorized' }];
    const name = this.users.get(token);
    const url = new URL(request.url ?? '', 'http://forge');
    const path = url.pathname.slice(prefixes[this.kind].length);
    if (path === '/user')
      return name === undefined
        ? [403, { message: 'Resource not accessible by integration' }]
        : [200, { login: name, username: name }];
    const author = name ?? this.bot;
    const base = this.kind === 'gitlab' ? '/projects/shop%2Fcampaigns' : '/repos/shop/campaigns';
    if (!path.startsWith(`${base}/`)) return [404, { message: 'Not Found' }];
    const place = path.slice(base.length);
    const status = /^\/statuses\/([0-9a-f]{40})$/.exec(place);
    if (status && method === 'POST') return this.status(status[1] ?? '', body);
    if (/^\/repository\/commits\/[0-9a-f]{40}\/statuses$/.test(place))
      return [200, this.statuses.map(({ context, state }) => ({ name: context, status: state }))];
    const one = /^\/(?:issues\/comments|merge_requests\/7\/notes)\/(\d+)$/.exec(place);
    if (one) return this.comment(Number(one[1]), { method, body });
    if (this.kind === 'gitea' && place === '/issues/7') return [200, { number: 7 }];
    if (this.kind === 'gitea' && /^\/issues\/\d+\/comments$/.test(place) && !place.includes('/7/'))
      return [500, { message: 'issue does not exist' }];
    if (!/^\/(?:issues\/7\/comments|merge_requests\/7\/notes)$/.test(place)) return [404, { message: 'Not Found' }];
    if (method === 'POST') return [201, this.shown(this.say(author, body.body ?? ''))];
    return [200, this.page(url).map((comment) => this.shown(comment))];
  }

  /** GitHub and GitLab give at most a hundred at a time, Gitea gives all. */
  private page({ searchParams }: URL): KeptComment[] {
    if (this.kind === 'gitea') return this.comments;
    const size = Math.min(100, Number(searchParams.get('per_page') ?? 30));
    const from = (Number(searchParams.get('page') ?? 1) - 1) * size;
    return this.comments.slice(from, from + size);
  }

  private comment(id: number, { method, body }: { method?: string; body: Record<string, string> }): [number, unknown?] {
    const at = this.comments.findIndex((comment) => comment.id === id);
    const comment = this.comments[at];
    if (!comment) return [404, { message: 'Not Found' }];
    if (method === 'DELETE') {
      this.comments.splice(at, 1);
      return [204];
    }
    if (method !== (this.kind === 'gitlab' ? 'PUT' : 'PATCH')) return [405, { message: 'Method Not Allowed' }];
    comment.body = body.body ?? '';
    return [200, this.shown(comment)];
  }

  private status(commit: string, body: Record<string, string>): [number, unknown?] {
    const { state = '', description = '', target_url: targetUrl } = body;
    const context = (this.kind === 'gitlab' ? body.name : body.context) ?? '';
    const known = this.statuses.find((kept) => kept.commit === commit && kept.context === context);
    if (this.kind === 'gitlab' && !['pending', 'running', 'success', 'failed', 'canceled'].includes(state))
      return [400, { error: 'state does not have a valid value' }];
    if (this.kind !== 'gitlab' && !['pending', 'success', 'failure', 'error'].includes(state))
      return [422, { message: 'Validation Failed' }];
    if (description.length > 140) return [422, { message: 'description is too long (maximum is 140 characters)' }];
    if (this.kind === 'gitlab' && known?.state === state)
      return [400, { message: { state: [`Cannot transition status via :${state} from :${state}`] } }];
    const kept = { commit, context, state, description, ...(targetUrl !== undefined && { targetUrl }) };
    if (known) this.statuses.splice(this.statuses.indexOf(known), 1, kept);
    else this.statuses.push(kept);
    return [201, kept];
  }

  private shown({ id, body, author }: KeptComment): unknown {
    if (this.kind === 'gitlab') return { id, body, system: false, author: { username: author } };
    return { id, body, user: { login: author }, html_url: `http://forge/shop/campaigns/pulls/7#issuecomment-${id}` };
  }
}

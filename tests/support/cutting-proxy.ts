/**
 * Passes HTTP requests on to a server, and meddles where it is told to: cuts the connection where the answer to the n-th of
 * them should have come, holds requests or answers back, or answers itself.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Meddling {
  /** Answers so; the server never hears of it. */
  instead?: { status: number; headers?: Record<string, string>; body?: string };
  /** The request is passed on only then, even when whoever sent it is gone. */
  before?: Promise<void>;
  /** The answer is given back only then. */
  after?: Promise<void>;
}

export class CuttingProxy {
  /** Requests that the server has answered, since `cutAt` was set. */
  passed = 0;
  /** Asked about each request. */
  meddle?: (request: { method: string; path: string }) => Meddling | undefined;
  #cutAt = 0;
  readonly #server: Server;

  private constructor(private readonly target: string) {
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  static async before(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** 0: never again. */
  set cutAt(n: number) {
    this.passed = 0;
    this.#cutAt = n;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await buffer(incoming);
    const { instead, before, after } = this.meddle?.({ method, path }) ?? {};
    if (instead) {
      outgoing.writeHead(instead.status, instead.headers).end(instead.body ?? '');
      return;
    }
    await before;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = request(new URL(path, this.target), { method, headers }, resolve);
      onward.on('error', reject);
      onward.end(body);
    });
    this.passed += 1;
    if (this.passed === this.#cutAt) {
      answer.resume();
      incoming.socket.destroy();
      return;
    }
    const content = await buffer(answer);
    await after;
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(content);
  }
}

/** Passes HTTP requests on to a server, and cuts the connection where the answer to the n-th of them should have come. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class CuttingProxy {
  /** Requests that the server has answered, since `cutAt` was set. */
  passed = 0;
  #cutAt = 0;
  readonly #server: Server;

  private constructor(target: string) {
    this.#server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const onward = request(new URL(url ?? '/', target), { method, headers }, (answer) => {
        this.passed += 1;
        if (this.passed === this.#cutAt) {
          answer.resume();
          incoming.socket.destroy();
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => incoming.socket.destroy());
      incoming.pipe(onward);
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
}

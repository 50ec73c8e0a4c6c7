import { createServer } from 'node:net';

const host = '127.0.0.1';

/** A port of the loopback interface on which nobody listens now: `preferred` if it is free, else any. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  return listenOnce(0);
}

/** Whether both this machine's loopback address and the wildcard address are free at the port. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    await listenOnce(port, '::');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT';
  }
}

async function listenOnce(port: number, address = host): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: address, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : port));
    });
  });
}

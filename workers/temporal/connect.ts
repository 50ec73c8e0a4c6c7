import { Connection } from '@temporalio/client';
import { VolanteError } from '../../errors/volante-error';

/** Connects as soon as the server answers. `givenUp` ends the wait early, such as when the server's process has ended. */
export async function connectWhenUp(options: {
  address: string;
  limitMs: number;
  givenUp?: () => boolean;
}): Promise<Connection> {
  const deadline = performance.now() + options.limitMs;
  for (;;) {
    try {
      return await Connection.connect({ address: options.address, connectTimeout: 2_000 });
    } catch (error) {
      if (performance.now() > deadline || options.givenUp?.()) {
        throw new VolanteError('VOL-500', { message: `Temporal does not answer at ${options.address}`, cause: error });
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }
}

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { VolanteError } from '../errors/volante-error';
import type { Reject } from '../ledger/people-csv';
import { csvLine } from './csv-line';

/** Written only when there is something to reject; readable by its owner alone, because it holds what people sent us. */
export class RejectsFile {
  private stream?: WriteStream;

  constructor(
    private readonly path: string,
    private readonly shown: string,
  ) {}

  /** Waits for the disk where the file grows faster. @throws VolanteError VOL-104 when it cannot be written */
  async write({ line, reason, record }: Reject): Promise<void> {
    try {
      this.stream ??= await this.open();
      if (!this.stream.write(csvLine([String(line), reason, JSON.stringify(record)]))) await once(this.stream, 'drain');
    } catch (error) {
      const { message } = error as Error;
      throw new VolanteError('VOL-104', { message: `${this.shown} cannot be written: ${message}`, cause: error });
    }
  }

  private async open(): Promise<WriteStream> {
    const stream = createWriteStream(this.path, { mode: 0o600 });
    await once(stream, 'open');
    stream.write(csvLine(['line', 'reason', 'record']));
    return stream;
  }

  async close(): Promise<void> {
    if (!this.stream) return;
    this.stream.end();
    await once(this.stream, 'close');
  }
}

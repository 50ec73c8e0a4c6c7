import type { CommandContext } from './command';

/** One line a transaction, at most one a second. */
export class ProgressLine {
  private last = 0;

  constructor(
    private readonly context: CommandContext,
    private readonly bytes: number,
  ) {}

  show({ read, rejected }: { read: number; rejected: number }, done: number): void {
    if (performance.now() - this.last < 1_000) return;
    this.last = performance.now();
    const share = this.bytes === 0 ? 100 : Math.floor((100 * done) / this.bytes);
    this.context.terminal.progress(`${share} % · ${read} rows · ${rejected} rejected`);
  }
}

/** What every worker process does from time to time. Several may do it at once: each piece of work is repeatable. */
import type { Logger } from '../../telemetry/logger';

export interface Sweep {
  work(): Promise<unknown>;
  everyMs: number;
  /** Said to operators when it fails; the next turn tries again. */
  trouble: string;
}

export function startSweeps({ logger, sweeps }: { logger: Logger; sweeps: readonly Sweep[] }): {
  stop(): Promise<void>;
} {
  const running = sweeps.map((sweep) => start(sweep, logger));
  return {
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}

function start({ work, everyMs, trouble }: Sweep, logger: Logger): { stop(): Promise<void> } {
  let turn: Promise<void> | undefined;
  const take = async () => {
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, `${trouble}; another try follows`);
    } finally {
      turn = undefined;
    }
  };
  const timer = setInterval(() => {
    turn ??= take();
  }, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

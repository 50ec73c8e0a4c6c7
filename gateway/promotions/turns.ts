/**
 * Requests about the same promotion wait for each other in any case: its row is theirs one after the other. Here they wait in
 * order, and those that have gathered meanwhile share one transaction, so that a rush costs few commits.
 */
import { type Database, type Queryable, transaction } from '../../ledger/database';

type Work = (client: Queryable) => Promise<unknown>;

interface Waiting {
  work: Work;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** Requests of one transaction. */
const mostTogether = 50;

export class Turns {
  private readonly queues = new Map<string, Waiting[]>();

  constructor(private readonly database: Database) {}

  /** Answers once what `work` has done is committed. */
  take<T>(promotion: string, work: (client: Queryable) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting = { work, resolve: resolve as Waiting['resolve'], reject };
      const queue = this.queues.get(promotion);
      if (queue) {
        queue.push(waiting);
        return;
      }
      this.queues.set(promotion, [waiting]);
      void this.serve(promotion);
    });
  }

  private async serve(promotion: string): Promise<void> {
    for (let queue = this.queues.get(promotion) ?? []; queue.length > 0; queue = this.queues.get(promotion) ?? [])
      await this.together(queue.splice(0, mostTogether));
    this.queues.delete(promotion);
  }

  private async together(group: Waiting[]): Promise<void> {
    try {
      const answers = await transaction(this.database, async (client) => {
        const given: unknown[] = [];
        for (const { work } of group) given.push(await work(client));
        return given;
      });
      for (const [index, { resolve }] of group.entries()) resolve(answers[index]);
    } catch (error) {
      if (group.length > 1) for (const one of group) await this.together([one]);
      else group[0]?.reject(error);
    }
  }
}

/**
 * Requests that would wait for each other in any case: those about the same promotion need its row one after the other. Here
 * they wait in order, and those that have gathered meanwhile are served together, so that a rush costs few commits.
 */
import { isUnreachable } from '../../operations/unreachable';

interface Waiting<Question, Answer> {
  question: Question;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** Requests served together. */
const mostTogether = 200;

export class Turns<Question, Answer> {
  private readonly queues = new Map<string, Waiting<Question, Answer>[]>();

  /** @param serve answers all, in their order, or none: then each is tried by itself, for one may spoil it for the others */
  constructor(private readonly serve: (subject: string, questions: Question[]) => Promise<readonly Answer[]>) {}

  take(subject: string, question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const waiting = { question, resolve, reject };
      const queue = this.queues.get(subject);
      if (queue) {
        queue.push(waiting);
        return;
      }
      this.queues.set(subject, [waiting]);
      void this.work(subject);
    });
  }

  private async work(subject: string): Promise<void> {
    for (let queue = this.queues.get(subject) ?? []; queue.length > 0; queue = this.queues.get(subject) ?? [])
      await this.together(subject, queue.splice(0, mostTogether));
    this.queues.delete(subject);
  }

  private async together(subject: string, group: Waiting<Question, Answer>[]): Promise<void> {
    try {
      const questions = group.map(({ question }) => question);
      const answers = await this.serve(subject, questions);
      if (answers.length !== group.length) throw new Error(`${answers.length} answers to ${group.length} questions`);
      for (const [index, answer] of answers.entries()) group[index]?.resolve(answer);
    } catch (error) {
      if (group.length > 1 && !isUnreachable(error)) for (const one of group) await this.together(subject, [one]);
      else for (const { reject } of group) reject(error);
    }
  }
}

/** How fields of the schema are made: every one says what it means and shows an example. */
import { z } from 'zod';
import type { Reading } from '../written/reading';

/**
 * What a change of the field means to a run that is under way. live: it takes effect at once, on whatever has not happened.
 * next-step: what has begun stays as it began; steps, journeys and runs that begin later follow. fixed: never.
 */
export type AmendRule = 'live' | 'next-step' | 'fixed';

/** How a field may be amended; what it leaves out is as in the field that holds it. */
export type AmendTag = {
  amend?: AmendRule;
  /** Approvals given before such a change stay good: it changes nothing that people approve. */
  approvals?: 'kept';
};

export type FieldText = { description: string; examples: unknown[] } & AmendTag;

/** The rule and the remedy that a custom check hands over with its issue. */
export interface RuleParams {
  rule: string;
  fix?: string;
}

interface WrittenText<T> extends FieldText {
  read: (text: string) => Reading<T>;
  /** What editors check while typing; the reader decides. */
  pattern?: RegExp;
}

/** A text that is read by one of the readers in `written/`; the schema's output is what it means. */
export function written<T>(options: WrittenText<T>) {
  return z
    .string()
    .transform((text, context): T => {
      const reading = options.read(text);
      if (reading.ok) return reading.value;
      const params: RuleParams = { rule: reading.rule, fix: reading.fix };
      context.addIssue({ code: 'custom', message: reading.message, params: { ...params } });
      return z.NEVER;
    })
    .meta(options.pattern ? { ...describe(options), pattern: options.pattern.source } : describe(options));
}

/** As `written`, for a field that may be left out. */
export function writtenOrElse<T>(whenAbsent: string, options: WrittenText<T>) {
  return written(options).prefault(whenAbsent).meta(describe(options));
}

function describe({ description, examples, amend, approvals }: FieldText): FieldText {
  return { description, examples, ...(amend && { amend }), ...(approvals && { approvals }) };
}

export function text(options: FieldText & { max: number }) {
  return z.string().trim().min(1).max(options.max).meta(describe(options));
}

/** Ids of campaigns, steps, people, senders, platforms and roles. */
export const idPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export function id(options: FieldText) {
  return z
    .string()
    .max(63)
    .check((context) => {
      if (idPattern.test(context.value)) return;
      const params: RuleParams = { rule: 'DEF-011', fix: `write ${suggestedId(context.value)}` };
      context.issues.push({
        code: 'custom',
        input: context.value,
        message: `"${context.value}" is not an id`,
        params: { ...params },
      });
    })
    .meta({ ...describe(options), pattern: idPattern.source });
}

function suggestedId(text: string): string {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  const joined = (words ?? []).join('-').replace(/^[0-9-]+/, '');
  return idPattern.test(joined) ? joined.slice(0, 63) : 'lower-case letters, digits and hyphens, such as spring-sale';
}

import { z } from 'zod';
import type { Verdict } from '../../definition/run-status';

/** Longest comment, in characters as the ledger counts them. */
export const longestComment = 4_000;

export interface DecisionForm {
  verdict: Verdict;
  formToken: string;
  planHash: string;
  comment: string;
}

const field = z.string();
const shape = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  formToken: field.max(100),
  planHash: field.regex(/^[0-9a-f]{64}$/),
  comment: field.optional(),
});

const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** @returns undefined for anything but our own form, such as a field that comes twice or one that we do not know */
export function readDecisionForm(body: unknown): DecisionForm | undefined {
  const { success, data } = shape.safeParse(body);
  if (!success) return undefined;
  const comment = (data.comment ?? '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(controls, '')
    .replaceAll(/\p{Cs}/gu, '\ufffd')
    .trim();
  return { ...data, comment };
}

export type FormFault = 'comment-needed' | 'comment-too-long';

export function faultOf({ verdict, comment }: DecisionForm): FormFault | undefined {
  if ([...comment].length > longestComment) return 'comment-too-long';
  return verdict === 'reject' && comment === '' ? 'comment-needed' : undefined;
}

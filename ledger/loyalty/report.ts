import type { ProgramFacts } from '../../definition/plan-facts';
import type { ProgramReport } from '../../reports/run-report';
import type { Queryable } from '../database';
import { liabilityOf } from './card';
import { findProgram } from './programs';
import { countRewardCodes } from './reward-codes';

/** What a program owes; undefined before it was opened. */
export async function programReport(queryable: Queryable, id: string): Promise<ProgramReport | undefined> {
  const program = await findProgram(queryable, id);
  if (!program) return undefined;
  const { currency, pointValue } = program.terms;
  const { members, active, pending, spent, expired, reversed } = await liabilityOf(queryable, program);
  const worth = ({ points, micros }: typeof active) => ({ points, worth: { currency, micros: Number(micros) } });
  return { members, pointValue, active: worth(active), pending: worth(pending), spent, expired, reversed };
}

/** What a plan of a changed program must know; undefined before it was opened. */
export async function programFacts(queryable: Queryable, id: string): Promise<ProgramFacts | undefined> {
  const program = await findProgram(queryable, id);
  if (!program) return undefined;
  const { members, active, pending } = await liabilityOf(queryable, program);
  const codes = await countRewardCodes(queryable, id);
  return {
    members,
    pointValue: program.terms.pointValue,
    active: active.points,
    pending: pending.points,
    ...(codes && { codes }),
  };
}

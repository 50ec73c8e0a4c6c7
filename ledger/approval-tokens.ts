/** Personal single-use links of the mails that ask for a decision. Only the hash of a token is kept (ASVS 6.5). */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { PersonId, Sha256 } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

export interface ApprovalToken {
  id: string;
  runId: string;
  gate: string;
  person: PersonId;
  /** Hash of the plan the mail showed; a decision by this link is about that plan and no other. */
  planHash: Sha256;
  expiresAt: Date;
  state: 'issued' | 'burned' | 'revoked';
}

const columns = `id, run_id as "runId", gate, person, plan_hash as "planHash", expires_at as "expiresAt", state`;

/** Makes a link's secret of 256 random bits. Earlier links of the same person for the same gate are revoked. */
export async function issueApprovalToken(
  queryable: Queryable,
  binding: { runId: string; gate: string; person: PersonId; planHash: Sha256; expiresAt: Date },
): Promise<{ id: string; token: string }> {
  const id = randomUUID();
  const token = randomBytes(32).toString('base64url');
  await queryable.query(
    `with revoked as (update approval_tokens set state = 'revoked' where run_id = $3 and gate = $4 and person = $5 and state = 'issued')
     insert into approval_tokens (id, token_hash, run_id, gate, person, plan_hash, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, tokenHash(token), binding.runId, binding.gate, binding.person, binding.planHash, binding.expiresAt],
  );
  return { id, token };
}

export async function findApprovalToken(queryable: Queryable, token: string): Promise<ApprovalToken | undefined> {
  return maybeOne<ApprovalToken>(queryable, `select ${columns} from approval_tokens where token_hash = $1`, [
    tokenHash(token),
  ]);
}

export async function approvalTokenById(queryable: Queryable, id: string): Promise<ApprovalToken | undefined> {
  return maybeOne<ApprovalToken>(queryable, `select ${columns} from approval_tokens where id = $1`, [id]);
}

/** Burns a link before its decision is delivered. @returns false when it was burned or revoked before, by whomever */
export async function burnApprovalToken(queryable: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await queryable.query(
    `update approval_tokens set state = 'burned', burned_at = now() where id = $1 and state = 'issued'`,
    [id],
  );
  return rowCount === 1;
}

/** Gives a burned link back when the run could not be asked at all, so that nobody loses their say to an outage. */
export async function restoreApprovalToken(queryable: Queryable, id: string): Promise<void> {
  await queryable.query(
    `update approval_tokens set state = 'issued', burned_at = null where id = $1 and state = 'burned'`,
    [id],
  );
}

export async function revokeApprovalTokens(queryable: Queryable, runId: string, gate: string): Promise<void> {
  await queryable.query(
    `update approval_tokens set state = 'revoked' where run_id = $1 and gate = $2 and state = 'issued'`,
    [runId, gate],
  );
}

function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

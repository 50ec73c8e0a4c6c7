/** Runs with codes, and a shop that uses them over HTTP. */
import { randomUUID } from 'node:crypto';
import type { RunRef } from '../../activities/contract';
import type { ResolvedCampaign, ResolvedStep } from '../../definition/resolved';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { type Database, transaction } from '../../ledger/database';
import { issueCodes } from '../../ledger/promotions/issue';
import type { Ask, Outcome } from '../../ledger/promotions/redemption';
import { promotionsOf, serveTogether } from '../../ledger/promotions/till';
import { storeRevision } from '../../ledger/revisions';
import { registerRun } from '../../ledger/runs';
import { emailStep, testCampaign } from './run-harness';

export const euros = (units: number) => ({ currency: 'EUR', micros: Math.round(units * 1_000_000) });

export const codeTerms = (given: Partial<PromotionTerms> = {}): PromotionTerms => ({
  discount: { kind: 'percent', share: 0.15, max: euros(20) },
  worth: euros(20),
  codes: 'one-per-contact',
  limits: { perContact: 1, perCode: 1 },
  stacking: 'alone',
  platform: 'built-in',
  line: 'promotion',
  undo: 'disable-unredeemed',
  ...given,
});

export const promotionStep = (terms: Partial<PromotionTerms> = {}, id = 'codes') =>
  ({ id, kind: 'promotion', promotion: codeTerms(terms) }) as Partial<ResolvedStep> & Pick<ResolvedStep, 'id' | 'kind'>;

export const codesBudget = (promotion: number, total = promotion) => ({
  total: euros(total),
  lines: { promotion: euros(promotion) },
});

/** A budget of which the line may reserve so much a day. */
export const pacedBudget = (promotion: number, aDay: number) => ({
  ...codesBudget(promotion),
  pacing: { promotion: { amount: euros(aDay), per: 24 * 3600_000 } },
});

/** Asks the ledger as a gateway does, in a transaction of their own. */
export async function askTill(database: Database, ...asks: Ask[]): Promise<Outcome[]> {
  const [promotionNo = ''] = await promotionsOf(database, asks);
  return transaction(database, (client) => serveTogether(client, { promotionNo, asks }));
}

/** A run whose members are all contacts that the book holds, in the order of their numbers, with the codes issued. */
export async function issuedRun(
  database: Database,
  {
    terms = {},
    budget,
    now = new Date(),
    campaign: also = {},
  }: { terms?: Partial<PromotionTerms>; budget: number; now?: Date; campaign?: Pick<ResolvedCampaign, 'trigger'> },
): Promise<{ runNo: number; run: RunRef; codes: string[]; issued: number }> {
  const unique = randomUUID();
  const campaign = testCampaign({
    id: `codes-${unique.slice(0, 8)}`,
    budget: codesBudget(budget),
    steps: [promotionStep(terms), emailStep()],
    ...also,
  });
  await storeRevision(database, { revision: unique, campaign, files: [] });
  const runId = `campaign/${campaign.id}/${unique.slice(0, 12)}`;
  const { no: runNo } = await registerRun(database, {
    runId,
    campaignId: campaign.id,
    environment: 'test',
    revision: unique,
    appliedPlanHash: 'a'.repeat(64),
    appliedBy: 'luis',
    appliedAt: '2026-11-01T00:00:00.000Z',
  });
  const { rowCount } = await database.query(
    `insert into members (run_no, seq, contact_id, shard, arm, propensity, time_zone)
     select $1, row_number() over (order by id), id, 0, 'all', 1, 'UTC' from contacts`,
    [runNo],
  );
  const { issued } = await issueCodes(database, {
    runNo,
    step: 'codes',
    terms: codeTerms(terms),
    range: { from: 1, to: rowCount ?? 0 },
    now,
  });
  const { rows } = await database.query<{ code: string }>(
    'select code from promotion_codes c join promotions p on p.no = c.promotion_no where p.run_no = $1 order by c.no',
    [runNo],
  );
  return { runNo, run: { runId, runNo, revision: unique }, codes: rows.map(({ code }) => code), issued };
}

export interface ShopAnswer {
  status: number;
  body: {
    ok?: boolean;
    reason?: string;
    redemption?: string;
    state?: string;
    value?: { amount: string };
    left?: { amount: string };
    error?: string;
  };
}

/** Posts as a shop does, with its secret as a bearer token. */
export async function askGateway(
  url: string,
  action: string,
  {
    body,
    key,
    secret,
    headers = {},
  }: { body: unknown; key?: string; secret: string; headers?: Record<string, string> },
): Promise<ShopAnswer> {
  const response = await fetch(`${url}/promotions/${action}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${secret}`,
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
  });
  return { status: response.status, body: (await response.json()) as ShopAnswer['body'] };
}

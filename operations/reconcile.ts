/** Deliveries in doubt: list them, look them up where the platform can, let a person release or give up each. */
import type { Client } from '@temporalio/client';
import type { PersonId, ResolvedStepOf, Sha256 } from '../definition/resolved';
import type { Workspace } from '../definition/workspace-types';
import { messageId } from '../email/message-id';
import { VolanteError } from '../errors/volante-error';
import { recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { type DoubtfulDelivery, listInDoubt, resolveDoubt } from '../ledger/doubts';
import { revisionsFollowed, stepsTaken } from '../ledger/journeys/followed';
import { readRevision } from '../ledger/revisions';
import type { RunRow } from '../ledger/runs';
import { openSender } from '../platforms/open-sender';
import type { MessageSender } from '../platforms/sender';
import { campaignQueue } from '../workflows/queues';
import { standardTuning } from './launch';

export interface InDoubt extends DoubtfulDelivery {
  messageId: string;
}

/** Every delivery of a run that may or may not have left, with the Message-ID to search a mail server's log for. */
export async function inDoubt(database: Database, run: RunRow): Promise<InDoubt[]> {
  const domains = new Map(
    (await emailStepsOf(database, run)).map(({ step }) => [step.id, step.email.sender.address.split('@')[1] ?? '']),
  );
  return (await listInDoubt(database, run.no)).map((delivery) => ({
    ...delivery,
    messageId: messageId(`${run.runId}:${delivery.step}:${delivery.seq}:email`, domains.get(delivery.step) ?? ''),
  }));
}

export interface Resolution {
  run: RunRow;
  step: string;
  seqs: number[];
  by: PersonId;
  reason: string;
}

/** Counts deliveries as failed: they are not sent again. */
export async function giveUp(database: Database, resolution: Resolution): Promise<number> {
  return settle(database, resolution, 'given-up');
}

/** Counts deliveries as sent: somebody found them in the mail server's log. */
export async function confirmSent(database: Database, resolution: Resolution): Promise<number> {
  return settle(database, resolution, 'sent');
}

/** Lets deliveries be sent again: a person takes the risk of a duplicate. Starts a shard over just these. */
export async function release(
  { client, database }: { client: Client; database: Database },
  resolution: Resolution & { taskQueue?: string },
): Promise<{ released: number; workflowId?: string }> {
  const { run, step } = resolution;
  if (run.dispatch === 'closed')
    throw new VolanteError('VOL-301', {
      message: `${run.runId} was ended (${run.phase}); nothing of it is sent any more.`,
    });
  const shards = await shardsOf(database, resolution);
  const released = await settle(database, resolution, 'released');
  if (released === 0) return { released };
  const workflowId = `${run.runId}/${step}/released-${Date.now()}`;
  for (const { revision, platform, range } of shards)
    await client.workflow.start('deliverShard', {
      taskQueue: resolution.taskQueue ?? campaignQueue,
      workflowId: shards.length === 1 ? workflowId : `${workflowId}-${range.from}`,
      args: [{ run: { runId: run.runId, runNo: run.no, revision }, step, platform, range, tuning: standardTuning }],
      staticSummary: `${step}: ${released} released from doubt by ${resolution.by}`,
    });
  return { released, workflowId };
}

/** What delivers again: of a triggered campaign each member alone, as who stands between two of them has not got so far. */
async function shardsOf(
  database: Database,
  { run, step, seqs }: Resolution,
): Promise<{ revision: Sha256; platform: string; range: { from: number; to: number } }[]> {
  const own = await emailStepOf(database, run, step);
  const { platform } = own.step.email;
  const stored = await readRevision(database, run.revision);
  if (!stored?.campaign.trigger)
    return [{ revision: own.revision, platform, range: { from: Math.min(...seqs), to: Math.max(...seqs) } }];
  return Promise.all(
    seqs.map(async (seq) => {
      const followed = await revisionsFollowed(database, { runNo: run.no, seq });
      const revision = followed.find((each) => each.step === step)?.revision ?? own.revision;
      return { revision, platform, range: { from: seq, to: seq } };
    }),
  );
}

/** Asks the platform about each delivery in doubt. Answers how many it could tell. */
export async function lookUp(
  database: Database,
  request: { run: RunRow; by: PersonId; workspace: Workspace; env: NodeJS.ProcessEnv },
): Promise<{ asked: number; sent: number; absent: number; unknown: number; unsupported: string[] }> {
  const counts = { asked: 0, sent: 0, absent: 0, unknown: 0 };
  const unsupported = new Set<string>();
  const senders = new Map<string, MessageSender>();
  for (const delivery of await inDoubt(database, request.run)) {
    const { platform } = (await emailStepOf(database, request.run, delivery.step)).step.email;
    const sender = senders.get(platform) ?? openSender({ ...request, platform });
    senders.set(platform, sender);
    if (!sender.lookUp) {
      unsupported.add(platform);
      continue;
    }
    counts.asked += 1;
    const key = `${request.run.runId}:${delivery.step}:${delivery.seq}:email`;
    const answer = await sender.lookUp(key, delivery.messageId);
    const resolution = {
      run: request.run,
      step: delivery.step,
      seqs: [delivery.seq],
      by: request.by,
      reason: `looked up at ${platform}`,
    };
    if (answer === 'accepted') counts.sent += await confirmSent(database, resolution);
    else if (answer === 'absent') counts.absent += 1;
    else counts.unknown += 1;
  }
  await Promise.all([...senders.values()].map((sender) => sender.close()));
  return { ...counts, unsupported: [...unsupported] };
}

async function settle(
  database: Database,
  { run, step, seqs, by, reason }: Resolution,
  as: 'released' | 'given-up' | 'sent',
): Promise<number> {
  const resolved = await resolveDoubt(database, {
    runNo: run.no,
    step,
    seqs,
    as,
    detail: `${as} by ${by}: ${reason}`,
    now: new Date(),
  });
  if (resolved.length > 0)
    await recordFact(database, {
      at: new Date(),
      runId: run.runId,
      actor: by,
      action: `doubt.${as}`,
      subject: step,
      detail: { reason, seqs: resolved },
    });
  return resolved.length;
}

interface SentStep {
  step: ResolvedStepOf<'email'>;
  revision: Sha256;
}

async function emailStepsOf(database: Database, run: RunRow): Promise<SentStep[]> {
  const stored = await readRevision(database, run.revision);
  const taken = stored ? await stepsTaken(database, { ...run, campaign: stored.campaign }) : [];
  return taken.flatMap(({ step, revision }) => (step.kind === 'email' ? [{ step, revision }] : []));
}

async function emailStepOf(database: Database, run: RunRow, stepId: string): Promise<SentStep> {
  const found = (await emailStepsOf(database, run)).find(({ step }) => step.id === stepId);
  if (found) return found;
  throw new VolanteError('VOL-103', { message: `${run.runId} has no delivery step "${stepId}".` });
}

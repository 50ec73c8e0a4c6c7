/** Where the links of sent messages lead: compiled from the revision by which they were sent, kept for a while. */
import type { ResolvedStepOf } from '../../definition/resolved';
import { compileEmail } from '../../email/compile';
import type { CompiledEmail } from '../../email/compiled';
import { revisionsOfRun } from '../../ledger/amendments';
import { stepMark, type TrackedDelivery } from '../../ledger/click-token';
import { type Database, maybeOne } from '../../ledger/database';
import { revisionsFollowed } from '../../ledger/journeys/followed';
import { eventsOfMembers } from '../../ledger/journeys/journey';
import { shownPoints } from '../../ledger/loyalty/shown';
import { codesOfMembers, promotionsBefore } from '../../ledger/promotions/shown';
import { Recent } from '../../ledger/recent';
import { readRevision, type StoredRevision } from '../../ledger/revisions';
import { readSentMessage } from '../../ledger/sent-message';
import { storedEmailSource } from '../../ledger/stored-email';

const mostKept = 100;

interface SentStep {
  stored: StoredRevision;
  step: ResolvedStepOf<'email'>;
  /** Compiled messages by arm. */
  emails: Map<string, Promise<CompiledEmail | undefined>>;
}

export class SentLinks {
  private readonly steps = new Recent<SentStep | undefined>(mostKept);
  private readonly names = new Recent<string | undefined>(mostKept);

  constructor(
    private readonly database: Database,
    private readonly links: { secretKey: string; gatewayUrl: string },
  ) {}

  /** @returns undefined when there is no such link, or it cannot be filled for this recipient any more */
  async targetOf(delivery: TrackedDelivery, link: number): Promise<string | undefined> {
    const sent = await this.sentAs(delivery);
    if (!sent) return undefined;
    const { message, step, revision } = sent;
    const key = `${revision}/${step}`;
    const found = await this.steps.get(key, () => this.readStep(revision, step));
    if (!found) return undefined;
    const email = await emailOf(found, message.arm ?? '');
    const facts = {
      ...(found.stored.campaign.trigger && { event: await this.eventOf(delivery) }),
      ...(await this.codesOf(found, delivery)),
      ...(await this.pointsOf(found, delivery)),
    };
    return email?.linkTarget(link, { contact: message.contact ?? {}, date: new Date(), facts });
  }

  /** The step, the revision by which the message was sent, and to whom. Somebody who follows a newer file was sent what that one says. */
  private async sentAs({ runNo, seq, stepMark: mark }: TrackedDelivery) {
    const followed = (await revisionsFollowed(this.database, { runNo, seq })).find(
      ({ step }) => stepMark(step) === mark,
    );
    const step = followed?.step ?? (await this.names.get(`${runNo}/${mark}`, () => this.nameOf({ runNo, mark })));
    const message = step === undefined ? undefined : await readSentMessage(this.database, { runNo, seq, step });
    return message && step !== undefined
      ? { message, step, revision: followed?.revision ?? message.revision }
      : undefined;
  }

  /** The id of a step in any file that the run has gone by. */
  private async nameOf({ runNo, mark }: { runNo: number; mark: string }): Promise<string | undefined> {
    for (const revision of await revisionsOfRun(this.database, runNo)) {
      const { campaign } = (await readRevision(this.database, revision)) ?? {};
      const step = campaign?.steps.find(({ id, kind }) => kind === 'email' && stepMark(id) === mark);
      if (step) return step.id;
    }
    return undefined;
  }

  private async readStep(revision: string, id: string): Promise<SentStep | undefined> {
    const stored = await readRevision(this.database, revision);
    const step = stored?.campaign.steps.find((candidate) => candidate.id === id);
    return stored && step?.kind === 'email' ? { stored, step, emails: new Map() } : undefined;
  }

  private async codesOf({ stored, step }: SentStep, { runNo, seq }: TrackedDelivery) {
    const steps = promotionsBefore(stored.campaign, step.id);
    if (steps.length === 0) return {};
    const codes = await codesOfMembers(this.database, { runNo, campaign: stored.campaign, steps, seqs: [seq] });
    return codes.get(seq) ?? {};
  }

  private async pointsOf({ step }: SentStep, { runNo, seq }: TrackedDelivery) {
    const program = step.email.loyalty;
    if (program === undefined) return {};
    const member = await maybeOne<{ contact: string }>(
      this.database,
      'select contact_id as contact from members where run_no = $1 and seq = $2',
      [runNo, seq],
    );
    if (!member) return {};
    const asked = { program, contactIds: [member.contact], ...this.links, now: new Date() };
    return { loyalty: (await shownPoints(this.database, asked)).get(member.contact) };
  }

  private async eventOf({ runNo, seq }: TrackedDelivery): Promise<unknown> {
    return (await eventsOfMembers(this.database, { runNo, seqs: [seq] })).get(seq);
  }
}

function emailOf({ stored, step, emails }: SentStep, arm: string): Promise<CompiledEmail | undefined> {
  const kept = emails.get(arm) ?? compileArm(stored, step, arm);
  emails.set(arm, kept);
  kept.catch(() => emails.delete(arm));
  return kept;
}

async function compileArm(
  stored: StoredRevision,
  step: ResolvedStepOf<'email'>,
  arm: string,
): Promise<CompiledEmail | undefined> {
  const source = storedEmailSource(stored, step, arm);
  return source && (await compileEmail(source)).email;
}

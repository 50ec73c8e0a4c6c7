/** Where the links of sent messages lead: compiled from the revision that the run is pinned to, kept for a while. */
import type { ResolvedStepOf } from '../../definition/resolved';
import { compileEmail } from '../../email/compile';
import type { CompiledEmail } from '../../email/compiled';
import { stepMark, type TrackedDelivery } from '../../ledger/click-token';
import { type Database, maybeOne } from '../../ledger/database';
import { revisionsFollowed } from '../../ledger/journeys/followed';
import { eventsOfMembers } from '../../ledger/journeys/journey';
import { shownPoints } from '../../ledger/loyalty/shown';
import { codesOfMembers, promotionsBefore } from '../../ledger/promotions/shown';
import { readRevision, type StoredRevision } from '../../ledger/revisions';
import { storedEmailSource } from '../../ledger/stored-email';

const mostKept = 100;

interface SentStep {
  stored: StoredRevision;
  step: ResolvedStepOf<'email'>;
  /** Compiled messages by arm. */
  emails: Map<string, Promise<CompiledEmail | undefined>>;
}

interface Recipient {
  arm: string | null;
  contact: Record<string, unknown> | null;
}

export class SentLinks {
  private readonly steps = new Map<string, Promise<SentStep | undefined>>();

  constructor(
    private readonly database: Database,
    private readonly links: { secretKey: string; gatewayUrl: string },
  ) {}

  /** @returns undefined when there is no such link, or it cannot be filled for this recipient any more */
  async targetOf(delivery: TrackedDelivery, link: number): Promise<string | undefined> {
    const sent = await this.stepOf(delivery);
    if (!sent) return undefined;
    const recipient = await this.recipientOf(delivery, sent.step.id);
    if (!recipient) return undefined;
    const email = await emailOf(sent, recipient.arm ?? '');
    const facts = {
      ...(sent.stored.campaign.trigger && { event: await this.eventOf(delivery) }),
      ...(await this.codesOf(sent, delivery)),
      ...(await this.pointsOf(sent, delivery)),
    };
    return email?.linkTarget(link, { contact: recipient.contact ?? {}, date: new Date(), facts });
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

  private async stepOf(delivery: TrackedDelivery): Promise<SentStep | undefined> {
    const { runNo, stepMark: mark } = delivery;
    const followed = await this.revisionFollowed(delivery);
    const key = `${runNo}/${mark}/${followed ?? ''}`;
    const kept = this.steps.get(key) ?? this.readStep({ runNo, mark, followed });
    this.steps.delete(key);
    this.steps.set(key, kept);
    kept.then(
      (found) => found ?? this.steps.delete(key),
      () => this.steps.delete(key),
    );
    const oldest = this.steps.keys().next().value;
    if (this.steps.size > mostKept && oldest !== undefined) this.steps.delete(oldest);
    return kept;
  }

  /** Somebody who follows a newer file was sent what that one says. */
  private async revisionFollowed({ runNo, seq, stepMark: mark }: TrackedDelivery): Promise<string | undefined> {
    const steps = await revisionsFollowed(this.database, { runNo, seq });
    return steps.find(({ step }) => stepMark(step) === mark)?.revision;
  }

  private async readStep(of: { runNo: number; mark: string; followed?: string }): Promise<SentStep | undefined> {
    const { runNo, mark, followed } = of;
    const run = await maybeOne<{ revision: string }>(this.database, 'select revision from runs where no = $1', [runNo]);
    const stored = run && (await readRevision(this.database, followed ?? run.revision));
    const step = stored?.campaign.steps.find(({ id, kind }) => kind === 'email' && stepMark(id) === mark);
    return stored && step?.kind === 'email' ? { stored, step, emails: new Map() } : undefined;
  }

  private async eventOf({ runNo, seq }: TrackedDelivery): Promise<unknown> {
    return (await eventsOfMembers(this.database, { runNo, seqs: [seq] })).get(seq);
  }

  private recipientOf({ runNo, seq }: TrackedDelivery, step: string): Promise<Recipient | undefined> {
    return maybeOne<Recipient & Record<string, unknown>>(
      this.database,
      `select d.arm, c.attributes || jsonb_strip_nulls(jsonb_build_object('email', c.address, 'timeZone', coalesce(c.time_zone, m.time_zone), 'locale', c.locale)) as contact
         from deliveries d
         left join contacts c on c.id = d.contact_id
         left join members m on m.run_no = d.run_no and m.seq = d.seq
        where d.run_no = $1 and d.step = $2 and d.seq = $3 and d.channel = 'email'`,
      [runNo, step, seq],
    );
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

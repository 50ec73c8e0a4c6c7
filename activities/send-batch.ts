/** Hands one claimed batch to a platform, a few messages at a time, and settles each answer. */
import type { EmailStep, ResolvedCampaign } from '../definition/resolved';
import { type EmailAddress, parseAddress } from '../email/address';
import type { CompiledEmail, Personal } from '../email/compiled';
import { messageId } from '../email/message-id';
import type { PreparedMessage } from '../email/prepared-message';
import { isRenderError } from '../email/render-error';
import { clickToken, stepMark } from '../ledger/click-token';
import { type ClaimedMember, type Settlement, settleAndBegin } from '../ledger/deliveries';
import { forgiveDomains, strikeDomain, struckDomains } from '../ledger/domain-backoffs';
import { recordBounces } from '../ledger/events-own';
import { eventsOfMembers } from '../ledger/journeys/journey';
import { shownPoints } from '../ledger/loyalty/shown';
import { codesOfMembers, promotionsBefore } from '../ledger/promotions/shown';
import { armOf } from '../ledger/stored-email';
import { suppressContacts } from '../ledger/suppressions';
import { unsubscribeToken } from '../ledger/unsubscribe-token';
import type { MessageSender, SendOutcome } from '../platforms/sender';
import type { DeliveryRequest, DeliveryStop, DeliveryTally } from './contract';
import type { ActivityDependencies } from './dependencies';

/** Tries at one recipient before a temporary refusal counts as failed. */
const mostAttempts = 8;
const firstRetryMs = 60_000;
const longestRetryMs = 4 * 3600_000;

interface BatchOptions {
  request: DeliveryRequest;
  campaign: ResolvedCampaign;
  email: EmailStep['email'];
  claimToken: string;
  clock: () => Date;
  tally: DeliveryTally;
}

interface Prepared {
  member: ClaimedMember;
  message: PreparedMessage;
}

export class BatchSender {
  private readonly stepMark: string;
  /** Promotion steps whose codes the messages show. */
  private readonly promotions: string[];

  private constructor(
    private readonly deps: ActivityDependencies,
    private readonly options: BatchOptions,
    /** By arm; under no name where there are no arms. */
    private readonly compiled: ReadonlyMap<string | undefined, CompiledEmail>,
    private readonly sender: MessageSender,
    private readonly struck: Set<string>,
  ) {
    this.stepMark = stepMark(options.request.step);
    const showsCodes = [...compiled.values()].some(({ variables }) =>
      variables.some((name) => name.startsWith('promotion')),
    );
    this.promotions = showsCodes ? promotionsBefore(options.campaign, options.request.step) : [];
  }

  static async open(deps: ActivityDependencies, options: BatchOptions): Promise<BatchSender> {
    const { request, email } = options;
    const arms = email.arms?.map(({ name }) => name) ?? [undefined];
    const compiled = new Map(
      await Promise.all(
        arms.map(async (arm) => [arm, await deps.emails.get(request.run.revision, request.step, arm)] as const),
      ),
    );
    const struck = new Set(await struckDomains(deps.database, email.platform));
    return new BatchSender(deps, options, compiled, deps.senderOf(email.platform), struck);
  }

  /** Sends a batch. Only messages that were begun in the ledger are handed over; each group settles the one before. */
  async send(members: ClaimedMember[]): Promise<DeliveryStop | undefined> {
    let answers: Settlement[] = [];
    let stop: DeliveryStop | undefined;
    for (let at = 0; at < members.length && !stop; at += this.sender.concurrency) {
      const { prepared, invalid } = await this.prepare(members.slice(at, at + this.sender.concurrency));
      const { begun, hindered } = await this.settleAndBegin([...answers, ...invalid], prepared);
      const outcomes = await Promise.all(
        begun.map(async ({ member, message }) => ({ member, outcome: await this.handOver(message) })),
      );
      answers = await this.settlements(outcomes);
      stop = platformTrouble(outcomes.map(({ outcome }) => outcome));
      if (!stop && begun.length + hindered < prepared.length) stop = { why: 'dispatch' };
    }
    await this.settleAndBegin(answers, []);
    return stop;
  }

  /** @returns what may be handed over, and how many were settled instead: they opted out after they were claimed */
  private async handOver(message: PreparedMessage): Promise<SendOutcome> {
    const started = performance.now();
    const outcome = await this.sender.send(message);
    const labels = { platform: this.sender.platform, outcome: outcome.outcome };
    this.deps.metrics.sendSeconds.observe(labels, (performance.now() - started) / 1000);
    return outcome;
  }

  private async settleAndBegin(
    settle: Settlement[],
    prepared: Prepared[],
  ): Promise<{ begun: Prepared[]; hindered: number }> {
    if (settle.length === 0 && prepared.length === 0) return { begun: [], hindered: 0 };
    const { request, claimToken, clock, tally } = this.options;
    const { begun, hindered } = await settleAndBegin(this.deps.database, {
      runNo: request.run.runNo,
      step: request.step,
      claimToken,
      now: clock(),
      settle,
      begin: prepared.map(({ member }) => member.seq),
    });
    tally.notSent += hindered.length;
    const allowed = new Set(begun);
    return { begun: prepared.filter(({ member }) => allowed.has(member.seq)), hindered: hindered.length };
  }

  private async prepare(members: ClaimedMember[]): Promise<{ prepared: Prepared[]; invalid: Settlement[] }> {
    const facts = await this.messageFacts(members);
    const prepared: Prepared[] = [];
    const invalid: Settlement[] = [];
    for (const member of members) {
      try {
        prepared.push({ member, message: this.message(member, facts.get(member.seq)) });
      } catch (error) {
        if (!isRenderError(error)) throw error;
        const detail = error.variable?.startsWith('promotion') ? 'has no promotion code' : error.message;
        invalid.push({ seq: member.seq, status: 'invalid', detail });
        this.options.tally.notSent += 1;
      }
    }
    return { prepared, invalid };
  }

  /** What the messages of these members know besides their contacts. */
  private async messageFacts(members: ClaimedMember[]): Promise<ReadonlyMap<number, Personal['facts']>> {
    const { campaign, request, email, clock } = this.options;
    const seqs = members.map(({ seq }) => seq);
    const { runNo } = request.run;
    const facts = new Map<number, Record<string, unknown>>();
    const add = (seq: number, more: object) => facts.set(seq, { ...facts.get(seq), ...more });
    if (campaign.trigger)
      for (const [seq, event] of await eventsOfMembers(this.deps.database, { runNo, seqs })) add(seq, { event });
    if (this.promotions.length > 0) {
      const asked = { runNo, campaign, steps: this.promotions, seqs };
      for (const [seq, codes] of await codesOfMembers(this.deps.database, asked)) add(seq, codes);
    }
    if (email.loyalty !== undefined) {
      const contactIds = members.map(({ contactId }) => contactId);
      const { database, secretKey, gatewayUrl } = this.deps;
      const asked = { program: email.loyalty, contactIds, secretKey, gatewayUrl, now: clock() };
      const points = await shownPoints(database, asked);
      for (const { seq, contactId } of members) add(seq, { loyalty: points.get(contactId) });
    }
    return facts;
  }

  private message({ seq, arm, contactId, address, contact }: ClaimedMember, facts: Personal['facts']): PreparedMessage {
    const { request, email, clock } = this.options;
    const compiled = this.compiled.get(arm) ?? this.compiled.get(undefined);
    if (!compiled) throw new Error(`no message for arm ${arm}`);
    const sender = armOf(email, arm).sender ?? email.sender;
    const { secretKey, gatewayUrl } = this.deps;
    const key = `${request.run.runId}:${request.step}:${seq}:email`;
    const token = unsubscribeToken({ contactId, runNo: request.run.runNo }, secretKey);
    return compiled.prepare({
      key,
      messageId: messageId(key, sender.address.slice(sender.address.indexOf('@') + 1)),
      to: address as EmailAddress,
      envelopeFrom: senderAddress(sender.address),
      contact,
      facts,
      unsubscribeUrl: `${gatewayUrl}/u/${token}`,
      date: clock(),
      tracking: this.tracking(seq),
    });
  }

  /** Where the links of this message lead over; absent where the campaign follows nobody. */
  private tracking(seq: number): Personal['tracking'] {
    const { campaign, request } = this.options;
    if (!campaign.tracking) return undefined;
    const { secretKey, gatewayUrl } = this.deps;
    const token = clickToken({ runNo: request.run.runNo, stepMark: this.stepMark, seq }, secretKey);
    return { clickUrl: `${gatewayUrl}/c/${token}`, openUrl: `${gatewayUrl}/o/${token}` };
  }

  /** Turns a platform's answers into settlements, and learns from them for the messages to come. */
  private async settlements(answers: { member: ClaimedMember; outcome: SendOutcome }[]): Promise<Settlement[]> {
    const settlements: Settlement[] = [];
    const bounced: ClaimedMember[] = [];
    const recovered = new Set<string>();
    for (const { member, outcome } of answers) {
      this.deps.metrics.deliveries.inc({ platform: this.sender.platform, outcome: outcome.outcome });
      settlements.push(this.settlement(member, outcome));
      if (outcome.outcome === 'refused' && outcome.bounce) bounced.push(member);
      if (outcome.outcome === 'accepted' && this.struck.has(member.domain)) recovered.add(member.domain);
      if (outcome.outcome === 'not-accepted' && outcome.scope === 'domain')
        await this.strike(member.domain, outcome.retryAfterMs);
    }
    if (bounced.length > 0) {
      await recordBounces(this.deps.database, {
        runNo: this.options.request.run.runNo,
        step: this.options.request.step,
        seqs: bounced.map(({ seq }) => seq),
        at: this.options.clock(),
      });
      await suppressContacts(this.deps.database, {
        contactIds: bounced.map(({ contactId }) => contactId),
        reason: 'bounced',
        source: this.options.request.run.runId,
      });
    }
    if (recovered.size > 0) {
      await forgiveDomains(this.deps.database, this.sender.platform, [...recovered]);
      for (const domain of recovered) this.struck.delete(domain);
    }
    return settlements;
  }

  private settlement({ seq, attempts }: ClaimedMember, outcome: SendOutcome): Settlement {
    const { tally, clock } = this.options;
    switch (outcome.outcome) {
      case 'accepted':
        tally.sent += 1;
        return { seq, status: 'sent', platformRef: outcome.platformRef };
      case 'refused':
        tally.notSent += 1;
        return { seq, status: 'failed', code: outcome.code, detail: outcome.detail };
      case 'unknown':
        tally.inDoubt += 1;
        return { seq, status: 'in_doubt', detail: outcome.detail };
      case 'not-accepted': {
        if (outcome.scope === 'recipient' && attempts + 1 >= mostAttempts) {
          tally.notSent += 1;
          return {
            seq,
            status: 'failed',
            code: outcome.code,
            detail: `gave up after ${mostAttempts} tries: ${outcome.detail}`,
          };
        }
        tally.waiting += 1;
        const wait = outcome.scope === 'recipient' ? Math.max(retryMs(attempts), outcome.retryAfterMs ?? 0) : 0;
        return {
          seq,
          status: 'waiting',
          dueAt: new Date(clock().getTime() + wait),
          code: outcome.code,
          detail: outcome.detail,
        };
      }
    }
  }

  private async strike(domain: string, atLeastMs: number | undefined): Promise<void> {
    this.struck.add(domain);
    await strikeDomain(this.deps.database, {
      platform: this.sender.platform,
      domain,
      now: this.options.clock(),
      atLeastMs,
    });
  }
}

function retryMs(attempts: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** attempts);
}

function platformTrouble(outcomes: SendOutcome[]): DeliveryStop | undefined {
  for (const outcome of outcomes)
    if (outcome.outcome === 'not-accepted' && outcome.scope === 'platform')
      return { why: 'platform', problem: outcome.detail, retryAfterMs: outcome.retryAfterMs };
  return undefined;
}

function senderAddress(text: string): EmailAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`sender address: ${parsed.reason}`);
  return parsed.address;
}

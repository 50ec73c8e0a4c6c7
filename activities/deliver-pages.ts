/**
 * Delivers a stretch of pages: take tokens, claim a batch, hand it over, settle it, again. The ledger decides what is
 * still to be done, so a retry of this activity after any kind of death simply goes on.
 */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import { quietUntil } from '../definition/quiet-hours';
import type { EmailStep, ResolvedCampaign } from '../definition/resolved';
import { nextTimeOfDay } from '../definition/time-of-day';
import { type ClaimRequest, claimDeliveries, markOrphansInDoubt, releaseClaims } from '../ledger/deliveries';
import { memberTimeZones } from '../ledger/members';
import { readRevision } from '../ledger/revisions';
import { takeTokens } from '../ledger/token-bucket';
import type { DeliveryActivities, DeliveryRequest, DeliveryTally } from './contract';
import type { ActivityDependencies } from './dependencies';
import { LimitMonitor } from './limit-monitor';
import { BatchSender } from './send-batch';

export function createDeliverPages(deps: ActivityDependencies): DeliveryActivities['deliverPages'] {
  const facts = new DeliveryFacts(deps);
  const deliver: DeliveryActivities['deliverPages'] = async (request) => {
    const context = Context.current();
    const started = performance.now();
    const { campaign, email, zones } = await facts.of(request);
    const passed = () => (deps.standsStill ? 0 : performance.now() - started);
    const clock = () => new Date(Date.parse(request.now) + passed());
    const step = { runNo: request.run.runNo, step: request.step };
    const claimToken = randomUUID();
    const tally: DeliveryTally = { judged: 0, sent: 0, notSent: 0, waiting: 0, inDoubt: 0 };
    const limits = new LimitMonitor(deps.database, { ...step, campaign });
    const tokens = new TokenPurse(deps, email.platform);
    const sender = await BatchSender.open(deps, { request, campaign, email, claimToken, clock, tally });

    tally.inDoubt += (
      await markOrphansInDoubt(deps.database, { ...step, claimToken, now: clock() }, request.range)
    ).length;
    for (let after = request.range.from - 1; ; ) {
      context.heartbeat({ after, ...tally });
      if (context.cancellationSignal.aborted) throw context.cancellationSignal.reason;
      const breach = request.monitored ? await limits.breached(clock()) : undefined;
      if (breach) return { ...tally, stopped: { why: 'limit', breach } };
      const allowance = await tokens.take(request.batchSize);
      if (allowance === 0) continue;
      const claim = await claimDeliveries(deps.database, {
        ...step,
        range: request.range,
        after,
        limit: allowance,
        claimToken,
        now: clock(),
        deadline: request.deadline === undefined ? undefined : new Date(request.deadline),
        platform: email.platform,
        quietZones: quietZones(zones, campaign, clock().getTime()),
        frequencyCaps: deps.workspace.frequencyCaps,
        armTimes: armTimes(email, {
          zones,
          releasedAt: Date.parse(request.releasedAt ?? request.now),
          now: clock().getTime(),
        }),
      } satisfies ClaimRequest);
      if (claim.dispatch === 'closed') return { ...tally, stopped: { why: 'dispatch' } };
      if (claim.cursor === undefined) break;
      after = claim.cursor;
      tally.judged += claim.judged;
      tokens.keep(allowance - claim.claimed.length);
      const stopped = await sender.send(claim.claimed);
      if (stopped) {
        await releaseClaims(deps.database, { ...step, claimToken, now: clock() }, request.range);
        return { ...tally, stopped };
      }
    }
    deps.metrics.pageSeconds.observe({ platform: email.platform }, (performance.now() - started) / 1000);
    return tally;
  };
  return async (request) => {
    deps.metrics.pagesInFlight.inc();
    try {
      return await deliver(request);
    } finally {
      deps.metrics.pagesInFlight.dec();
    }
  };
}

/** Zones of this run in which it is quiet at this moment. */
function quietZones(zones: readonly string[], campaign: ResolvedCampaign, now: number): ClaimRequest['quietZones'] {
  const { quietHours } = campaign.schedule;
  if (!quietHours) return [];
  return zones.flatMap((zone) => {
    const until = quietUntil({ now, zone, quietHours });
    return until === undefined ? [] : [{ zone, until: new Date(until) }];
  });
}

/** Arms that leave at a time of day wait for its first coming after their wave was released, in each zone. */
function armTimes(
  { arms = [] }: EmailStep['email'],
  { zones, releasedAt, now }: { zones: readonly string[]; releasedAt: number; now: number },
): ClaimRequest['armTimes'] {
  return arms.flatMap(({ name: arm, sendTime }) =>
    sendTime === undefined
      ? []
      : zones.flatMap((zone) => {
          const until = nextTimeOfDay({ after: releasedAt, zone, timeOfDay: sendTime });
          return until > now ? [{ arm, zone, until: new Date(until) }] : [];
        }),
  );
}

/** The platform's shared tokens, with what an earlier batch left over. */
class TokenPurse {
  private spare = 0;

  constructor(
    private readonly deps: ActivityDependencies,
    private readonly platform: string,
  ) {}

  /** At most `want` tokens; 0 after a second without any, so that the caller can look whether it shall stop. */
  async take(want: number): Promise<number> {
    const limits = this.deps.workspace.platforms[this.platform];
    if (limits?.ratePerSecond === undefined) return want;
    if (this.spare > 0) {
      const kept = Math.min(this.spare, want);
      this.spare -= kept;
      return kept;
    }
    const { granted, waitMs } = await takeTokens(
      this.deps.database,
      { platform: this.platform, rate: limits.ratePerSecond, burst: limits.burst ?? Math.max(1, limits.ratePerSecond) },
      want,
    );
    if (granted > 0) return granted;
    const pause = Math.min(waitMs, 1_000);
    this.deps.metrics.bucketWaitSeconds.observe({ platform: this.platform }, pause / 1000);
    await Context.current().sleep(pause);
    return 0;
  }

  keep(unused: number): void {
    if (this.deps.workspace.platforms[this.platform]?.ratePerSecond !== undefined) this.spare += unused;
  }
}

interface StepFacts {
  campaign: ResolvedCampaign;
  email: EmailStep['email'];
  /** Zones that members of this run live in. */
  zones: readonly string[];
}

/** What does not change while a run goes by one revision: read once per process. Members of a triggered campaign come one by one. */
class DeliveryFacts {
  private readonly cache = new Map<string, Promise<StepFacts>>();

  constructor(private readonly deps: ActivityDependencies) {}

  async of({ run, step, range }: DeliveryRequest): Promise<StepFacts> {
    const key = `${run.runId}/${run.revision}/${step}`;
    const cached = this.cache.get(key) ?? this.read(run.revision, run.runNo, step);
    if (this.cache.size >= 100) this.cache.clear();
    this.cache.set(key, cached);
    cached.catch(() => this.cache.delete(key));
    const facts = await cached;
    if (!facts.campaign.trigger) return facts;
    return { ...facts, zones: await memberTimeZones(this.deps.database, { runNo: run.runNo, range }) };
  }

  private async read(revision: string, runNo: number, stepId: string): Promise<StepFacts> {
    const stored = await readRevision(this.deps.database, revision);
    const step = stored?.campaign.steps.find(({ id }) => id === stepId);
    if (!stored || step?.kind !== 'email')
      throw ApplicationFailure.nonRetryable(`no e-mail step ${stepId} in this revision`, failureTypes.planInvalid);
    if (!this.deps.workspace.platforms[step.email.platform])
      throw ApplicationFailure.nonRetryable(
        `volante.yaml of this worker has no platform ${step.email.platform}`,
        failureTypes.workspaceMismatch,
      );
    const zones = stored.campaign.trigger ? [] : await memberTimeZones(this.deps.database, { runNo });
    return { campaign: stored.campaign, email: step.email, zones };
  }
}

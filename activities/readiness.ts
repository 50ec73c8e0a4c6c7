/** Has a checkpoint what it waits for? Reads the ledger only: looking here spends nothing. */
import { experimentOf } from '../definition/epoch';
import type { MetricEvent, ResolvedCheckpoint, ResolvedMetric } from '../definition/resolved-measuring';
import type { Database } from '../ledger/database';
import { countEvents, countRipe } from '../ledger/measuring-counts';
import { countExposures } from '../ledger/measuring-exposures';
import { readWaves } from '../ledger/waves';
import type { ReleasingStep } from './campaign-steps';
import type { Readiness } from './measuring-contract';

export interface ReadinessQuestion {
  runNo: number;
  step: ReleasingStep;
  after: ResolvedCheckpoint['after'];
  metrics: ResolvedMetric[];
  waitingSince: Date;
  /** External events that were reported. */
  reported: string[];
  now: Date;
}

interface Finding {
  met: boolean;
  words: string;
  /** When it will be met, where that is known. */
  metAt?: Date;
}

export async function readinessOf(database: Database, question: ReadinessQuestion): Promise<Readiness> {
  const { after, waitingSince, reported, now } = question;
  const findings: Finding[] = [];
  if (after.minTime !== undefined)
    findings.push(moment(new Date(waitingSince.getTime() + after.minTime), now, 'since the wave'));
  if (after.time !== undefined) findings.push(moment(new Date(after.time), now, 'planned time'));
  if (after.event !== undefined) findings.push({ met: reported.includes(after.event), words: `event ${after.event}` });
  if (after.minRecipients !== undefined || after.maturity !== undefined)
    findings.push(...(await ripeness(database, question)));
  if (after.minEvents !== undefined) findings.push(await events(database, question, after.minEvents));
  const missing = findings.filter(({ met }) => !met);
  const known = missing.flatMap(({ metAt }) => metAt ?? []).map((at) => at.getTime());
  return {
    ready: missing.length === 0,
    progress:
      findings.map(({ met, words }) => `${words}${met ? '' : ' (missing)'}`).join(', ') || 'nothing to wait for',
    // Only when all that is missing has a known moment: else somebody has to look earlier.
    ...(missing.length > 0 && known.length > 0 && { nextAt: new Date(Math.max(...known)).toISOString() }),
  };
}

function moment(at: Date, now: Date, words: string): Finding {
  return { met: now >= at, words: `${words} ${at.toISOString()}`, metAt: at };
}

/** Windows of limits are not waited for: they look at everybody reached so far. */
function longestWindow(metrics: ResolvedMetric[]): number {
  return Math.max(0, ...metrics.filter(({ kind }) => kind !== 'rate-limit').map(({ window }) => window));
}

async function ripeness(database: Database, question: ReadinessQuestion): Promise<Finding[]> {
  const { runNo, step, after, metrics, now } = question;
  const windowMs = longestWindow(metrics);
  if (step.kind === 'experiment') return visitors(database, question, windowMs);
  const { delivered, matured } = await countRipe(database, { runNo, step: step.id, windowMs, now });
  const wanted = Math.max(after.minRecipients ?? 0, Math.ceil((after.maturity ?? 0) * delivered));
  const { wantedMaturesAt, lastMaturesAt } = await countRipe(database, { runNo, step: step.id, windowMs, now, wanted });
  const words = `${matured} of ${wanted} recipients measured`;
  if (after.minRecipients !== undefined && delivered < after.minRecipients)
    return [{ met: false, words: `${words}, ${delivered} reached`, ...(lastMaturesAt && { metAt: lastMaturesAt }) }];
  return [{ met: delivered > 0 && matured >= wanted, words, ...(wantedMaturesAt && { metAt: wantedMaturesAt }) }];
}

async function visitors(
  database: Database,
  { runNo, step, after, now }: ReadinessQuestion,
  windowMs: number,
): Promise<Finding[]> {
  const [first] = await readWaves(database, { runNo, step: step.id });
  if (!first || step.kind !== 'experiment') return [{ met: false, words: 'nobody released' }];
  const ripe = new Date(now.getTime() - windowMs);
  const { units } = await countExposures(database, { flag: step.experiment.flag, since: first.releasedAt, now: ripe });
  const wanted = after.minRecipients ?? 1;
  return [{ met: units >= wanted, words: `${units} of ${wanted} visitors measured` }];
}

/** Events of the success metrics, over all arms. */
async function events(database: Database, question: ReadinessQuestion, wanted: number): Promise<Finding> {
  const { runNo, step, metrics, now } = question;
  let found = 0;
  for (const { role, from, window: windowMs } of metrics) {
    if (role !== 'success' || !('events' in from)) continue;
    const counted = from.events as MetricEvent;
    found += (await countEvents(database, { runNo, step: step.id, events: counted, windowMs, now })).events;
  }
  return { met: found >= wanted, words: `${found} of ${wanted} events${experimentOf(step) ? ' of all arms' : ''}` };
}

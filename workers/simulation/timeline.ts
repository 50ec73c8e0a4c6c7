/** What happened when, from the audit of a simulated run, in words. */
import { type AuditRow, readFacts } from '../../ledger/audit';
import type { Database } from '../../ledger/database';
import { readDecisions } from '../../ledger/decisions';
import type { RunRow } from '../../ledger/runs';
import type { TimelineEntry } from '../../simulation/result';

export async function timelineOf(
  database: Database,
  { run, outages }: { run: RunRow; outages: readonly TimelineEntry[] },
): Promise<TimelineEntry[]> {
  const facts = await readFacts(database, run.runId);
  const decisions = await readDecisions(database, run.no);
  const reasons = new Map(decisions.map(({ id, judgement }) => [id.slice(run.runId.length + 1), judgement.reason]));
  const told = facts.flatMap((fact) => {
    const what = inWords(fact, reasons);
    return what === undefined ? [] : [{ at: fact.at.toISOString(), what }];
  });
  const last = told.at(-1)?.at ?? '';
  // Of the same moment, the order of the audit stands.
  return [...outages.filter(({ at }) => at <= last), ...told].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function inWords(fact: AuditRow, reasons: ReadonlyMap<string, string | undefined>): string | undefined {
  const { action, actor } = fact;
  const subject = fact.subject ?? '';
  const detail = fact.detail ?? {};
  switch (action) {
    case 'plan.applied':
      return `${actor} applies the plan`;
    case 'run.prepared':
      if (detail.members === 0) return undefined;
      return `the audience is frozen: ${String(detail.members)} members, ${String(detail.heldOut)} held out`;
    case 'gate.decided':
      return `gate ${subject}: ${actor} says ${detail.verdict === 'reject' ? 'no' : 'yes'}`;
    case 'gate.expired':
      return `gate ${subject}: nobody decided in time`;
    case 'gate.approved':
    case 'gate.rejected':
    case 'step.started':
      return undefined;
    case 'wave.released':
      return waveInWords(subject, detail);
    case 'checkpoint.judged':
      return `${subject}: ${String(detail.state)} – ${reasons.get(subject) ?? ''}`;
    case 'decision.acted':
      return `${subject}: ${actionInWords(detail.action)}`;
    case 'decision.overridden':
      return `${subject}: ${actor} decides: ${actionInWords(detail.action)}`;
    case 'flag.exposed':
      return `${subject}: ${percent(Number(detail.exposure))} of the visitors take part, ${sharesInWords(detail.weights)}`;
    case 'flag.promoted':
      return `${subject}: every visitor gets ${Object.keys(weightsOf(detail.weights)).join(', ')}`;
    case 'flag.switched-off':
      return `${subject}: the flag is switched off`;
    default:
      return otherwise(fact);
  }
}

function otherwise({ action, subject, detail }: AuditRow): string {
  const [noun = '', verb = ''] = action.split('.');
  const why = typeof detail?.detail === 'string' ? detail.detail : detail?.reason;
  const about = noun === 'run' ? 'the run' : `${noun}${subject ? ` ${subject}` : ''}`;
  return `${about} is ${verb}${typeof why === 'string' && why !== '' ? `: ${why}` : ''}`;
}

function waveInWords(subject: string, detail: Record<string, unknown>): string {
  const [step, wave] = subject.split('/');
  const [from, to] = [Number(detail.from), Number(detail.to)];
  if (to < from) return `${step}: wave ${wave} has nobody`;
  const weights = weightsOf(detail.weights);
  const shares = Object.keys(weights).length > 0 ? `, ${sharesInWords(weights)}` : '';
  return `${step}: wave ${wave} is released to ${to - from + 1} members${shares}`;
}

function actionInWords(action: unknown): string {
  const { do: what, ...rest } = action as { do: string } & Record<string, unknown>;
  const words = [rest.what, rest.arm, rest.line, Array.isArray(rest.arms) ? rest.arms.join(', ') : undefined];
  const said = [what, ...words.filter((word) => typeof word === 'string')].join(' ');
  if (what === 'promote' && rest.what === 'winner')
    return `${said}${rest.claimed === true ? ' (a lift is claimed)' : ''}`;
  const weights = weightsOf(rest.weights);
  return Object.keys(weights).length > 0 ? `${said}, next ${sharesInWords(weights)}` : said;
}

function weightsOf(weights: unknown): Record<string, number> {
  return typeof weights === 'object' && weights !== null ? (weights as Record<string, number>) : {};
}

function sharesInWords(weights: unknown): string {
  return Object.entries(weightsOf(weights))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([arm, share]) => `${arm} ${percent(share)}`)
    .join(', ');
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

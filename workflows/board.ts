/** What on-call sees of a run in the Temporal UI: current details and search attributes. No personal data of contacts. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { DecisionView, StepView } from '../definition/run-status';
import type { RunState } from './run-state';
import { searchAttributes } from './search-attributes';

/** Repaints the board and brings the search attributes in step; only what changed costs an event. */
export class Board {
  private shown = '';

  constructor(private readonly run: RunState) {}

  paint(): void {
    setCurrentDetails(this.markdown());
    const { run } = this;
    const gate = run.gates.asking[0]?.gate;
    const blocked = run.paused?.reason ?? run.status().steps.find(({ state }) => state === 'held')?.detail;
    const attributes = [run.phase, gate ?? '', blocked ?? ''].join('\n');
    if (attributes === this.shown) return;
    this.shown = attributes;
    upsertSearchAttributes([
      { key: searchAttributes.campaignPhase, value: run.phase },
      { key: searchAttributes.campaignGate, value: gate ?? null },
      { key: searchAttributes.campaignBlockedReason, value: blocked?.slice(0, 200) ?? null },
      ...(run.prepared ? [{ key: searchAttributes.campaignRecipients, value: run.prepared.members }] : []),
    ]);
  }

  private markdown(): string {
    const status = this.run.status();
    const { runId } = status;
    const gates = this.run.gates.asking.map(
      ({ gate, approvers, quorum, decisions, expiresAt }) =>
        `- **Gate ${gate}** waits for ${approvers.join(' or ')} (${decisions.length}/${quorum})${expiresAt ? ` until ${expiresAt}` : ''}: \`volante approve ${runId} --gate ${gate}\``,
    );
    return [
      `**${status.phase.toUpperCase()}** · ${this.run.plan.campaign.name} · ${status.members} members · plan ${status.planHash.slice(0, 12)}`,
      '',
      ...gates,
      ...status.steps.map(stepLine),
      ...(status.waiting ?? []).map(
        ({ checkpoint, progress, until }) =>
          `- **Checkpoint ${checkpoint}** waits: ${progress}, until ${until} at most: \`volante override ${runId} look --reason "…"\``,
      ),
      ...(status.decisions ?? []).slice(-3).map(decisionLine),
      ...(status.objectives ?? []).map(({ id, detail, by }) => `- Objective *${id}* by ${by}: ${detail}`),
      ...(this.run.noted ? [`- ${this.run.noted}`] : []),
      ...(status.paused ? [`- Paused by ${status.paused.by}: ${status.paused.reason}`] : []),
      ...(status.lastProblem ? [`- **Last problem** ${status.lastProblem.at}: ${status.lastProblem.what}`] : []),
      `- **Stop now:** \`volante pause ${runId} --reason "…"\` · **Resume:** \`volante resume ${runId}\` · **Abort:** \`volante abort ${runId} --reason "…"\``,
      '- **Runbook:** docs/runbooks/README.md',
    ].join('\n');
  }
}

function stepLine({ id, kind, state, detail, books }: StepView): string {
  const numbers = books
    ? ` · sent ${books.sent}/${books.targeted} · failed ${books.failed} · in doubt ${books.inDoubt} · open ${books.open}`
    : '';
  return `- ${kind} *${id}*: ${state}${numbers}${detail ? ` · ${detail}` : ''}`;
}

function decisionLine({ step, checkpoint, look, state, reason, action, actor, isOverride }: DecisionView): string {
  const done = action ? ` → ${isOverride ? `**override** by ${actor}: ` : ''}${action}` : '';
  return `- Judged *${step}/${checkpoint}#${look}*: **${state}**, ${reason}${done}`;
}

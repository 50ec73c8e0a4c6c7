import type { ResolvedStepOf } from '../../definition/resolved';
import { control } from '../activities';
import type { RunState } from '../run-state';
import { instant } from '../time';

/** `notify`: a mail to the team. */
export async function notifyTeam(run: RunState, step: ResolvedStepOf<'notify'>): Promise<void> {
  const { sent } = await control.notifyTeam({ run: run.ref, step: step.id, facts: run.facts(), now: instant() });
  run.settle(step, 'done', { detail: `${sent} told` });
  await control.recordStep({ run: run.ref, step: step.id, state: 'done', now: instant() });
}

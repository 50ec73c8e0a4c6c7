/** Every place of a campaign where people are asked: gates of the file, and holds of its checkpoints. Pure. */
import type { GateStep, ResolvedCampaign } from './resolved';
import type { CheckpointAction, ResolvedCheckpoint } from './resolved-measuring';

const standardExpiry = 2 * 24 * 3600_000;

/**
 * The terms of a gate by its id: a step's, or `<step>.<checkpoint>.<look>` for a hold (`.adjust` behind it for an
 * adjustment that must be approved).
 * @returns undefined where the campaign has no such gate
 */
export function gateTermsOf(campaign: ResolvedCampaign, id: string): GateStep['gate'] | undefined {
  const own = campaign.steps.find((step) => step.id === id);
  if (own?.kind === 'gate') return own.gate;
  const [stepId, checkpointId, , purpose] = id.split('.');
  const step = campaign.steps.find((candidate) => candidate.id === stepId);
  if (step?.kind === 'checkpoint')
    return holdTerms(step.checkpoint.hold, purpose === 'adjust' ? [step.checkpoint.then, step.checkpoint.error] : []);
  if (step?.kind !== 'email' && step?.kind !== 'experiment') return undefined;
  const checkpoints = (step.rollout ?? []).flatMap((entry) => (entry.kind === 'checkpoint' ? [entry.checkpoint] : []));
  const checkpoint =
    checkpointId === 'monitor' ? checkpoints[0] : checkpoints.find((candidate) => candidate.id === checkpointId);
  if (!checkpoint) return undefined;
  return holdTerms(checkpoint.hold, purpose === 'adjust' ? Object.values(checkpoint.decide) : []);
}

function holdTerms(hold: ResolvedCheckpoint['hold'], adjusting: CheckpointAction[]): GateStep['gate'] {
  const approve = adjusting.flatMap((action) => (action.do === 'adjust' ? (action.approve ?? []) : []));
  return {
    approvers: approve.length > 0 ? [...new Set(approve)] : hold.approvers,
    quorum: approve.length > 0 ? 1 : hold.quorum,
    expires: hold.expires || standardExpiry,
    onExpiry: 'reject',
    escalateTo: [],
    allowAuthor: true,
    remindAt: [0.5],
  };
}

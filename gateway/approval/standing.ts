/** What a link is good for at this moment. Pure: page and decision both ask here before anything else happens. */
import { decide, type GateRefusal } from '../../definition/gate-policy';
import type { GateStep, Instant, PersonId } from '../../definition/resolved';
import type { Person } from '../../definition/workspace-types';
import type { ApprovalToken } from '../../ledger/approval-tokens';
import type { Decision, GateOutcome, GateStory } from './gate-story';

export type Standing =
  /** This person may decide now. */
  | { is: 'open' }
  /** The gate is closed. */
  | { is: 'closed'; outcome: GateOutcome; at?: Instant; last?: Decision }
  /** This person has decided; the gate waits for others. */
  | { is: 'decided'; decision: Decision; missing: number }
  | { is: 'barred'; why: Bar };

export type Bar =
  /** The plan is not the one the mail was about. */
  | 'changed'
  /** Not, or no longer, one of those who decide here. */
  | 'not-allowed'
  /** A newer mail brought a newer link. */
  | 'replaced'
  | 'expired'
  /** The link was used, but the run has no decision by this person. */
  | 'lost'
  /** The run ended before the gate did, or has not reached it. */
  | 'over';

export interface StandingQuestion {
  link: ApprovalToken;
  story: GateStory;
  gate: GateStep['gate'];
  /** As `volante.yaml` knows them now; undefined when it does not. */
  person: Person | undefined;
  appliedBy: PersonId;
  now: Date;
}

export function standingOf({ link, story, gate, person, appliedBy, now }: StandingQuestion): Standing {
  const { outcome, decisions, view, status } = story;
  if (outcome) return { is: 'closed', ...outcome, last: decisions.at(-1) };
  if (!view || !status) return { is: 'barred', why: 'over' };
  const own = decisions.find(({ by }) => by === link.person);
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve').length;
  if (own) return { is: 'decided', decision: own, missing: Math.max(0, view.quorum - approvals) };
  if (status.planHash !== link.planHash) return { is: 'barred', why: 'changed' };
  if (!person) return { is: 'barred', why: 'not-allowed' };
  const answer = decide({
    gate: { ...gate, approvers: view.approvers },
    state: view,
    decision: { gate: link.gate, verdict: 'approve', by: person.id, roles: person.roles, planHash: link.planHash },
    planHash: status.planHash,
    appliedBy,
    escalated: false,
    now: now.toISOString(),
  });
  if (!answer.allowed) return { is: 'barred', why: bars[answer.code] };
  if (link.state === 'revoked') return { is: 'barred', why: 'replaced' };
  if (link.state === 'burned') return { is: 'barred', why: 'lost' };
  return link.expiresAt <= now ? { is: 'barred', why: 'expired' } : { is: 'open' };
}

const bars: Record<GateRefusal, Bar> = {
  'not-open': 'over',
  expired: 'expired',
  'stale-plan': 'changed',
  'wrong-role': 'not-allowed',
  author: 'not-allowed',
  'decided-already': 'lost',
  'note-needed': 'not-allowed',
};

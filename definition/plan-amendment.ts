import { type AmendedChange, type Amendment, amendmentOf } from './amendment';
import { amendmentWords } from './amendment-words';
import type { LiveFacts } from './plan-facts';
import type { ResolvedCampaign } from './resolved';

/** What applying does to a run under way. */
export interface PlannedAmendment {
  runId: string;
  phase: string;
  /** Absent when the run does not answer: then nobody can say what has begun. */
  changes?: (Pick<AmendedChange, 'path' | 'kind' | 'rule' | 'effect' | 'before' | 'after' | 'cosmetic'> & {
    says: string;
  })[];
  /** Gates that must be passed again. */
  voids: string[];
  /** Paths of changes that this run cannot take; nothing is changed while there is one. */
  refused: string[];
}

/** @returns undefined for a campaign whose runs are not amended */
export function planAmendment(live: LiveFacts, after: ResolvedCampaign): PlannedAmendment {
  const { runId, phase, campaign, standing, books } = live;
  if (!standing) return { runId, phase, voids: [], refused: [] };
  const amendment: Amendment = amendmentOf(campaign, after, standing);
  const stepOf = (id: string | undefined) => campaign.steps.find((step) => step.id === id);
  return {
    runId,
    phase,
    changes: amendment.changes.map((change) => {
      const { path, kind, rule, effect, before, after, cosmetic } = change;
      const says = amendmentWords(
        change,
        stepOf(change.step),
        change.step === undefined ? undefined : books[change.step],
      );
      return { path, kind, rule, effect, before, after, cosmetic, says };
    }),
    voids: amendment.voids,
    refused: amendment.changes.filter(({ effect }) => effect === 'refused').map(({ path }) => path),
  };
}

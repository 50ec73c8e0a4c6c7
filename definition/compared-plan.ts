/** What a pull request would do: which campaigns it changes, and, where somebody could be asked, what applying that comes to. Types only. */
import type { ComparedCampaign } from './comparison';
import type { PlanDocument } from './plan-document';

export interface ComparedPlan {
  format: 'volante-comparison/1';
  environment: string;
  /** What it is compared with: as it was named, and the commit. */
  base: { name: string; commit: string };
  /** Commit of what is compared; absent: it holds changes that are not committed. */
  head?: string;
  /** Of the campaigns that differ. Absent: nobody was asked; people and money are not known. */
  plan?: PlanDocument;
  campaigns: (ComparedCampaign & {
    /** Of a removed campaign: the run that goes on. Absent: there is none, or nobody was asked. */
    run?: { runId: string; phase: string };
  })[];
  /** Ids of campaigns that are the same in both. */
  unchanged: string[];
}

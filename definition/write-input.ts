import type { z } from 'zod';
import type { ResolvedCampaign } from './resolved';
import type { campaignSchema } from './schema/campaign';
import type { Workspace } from './workspace-types';

/** A campaign before its values are read: as the file has it. */
export type WrittenCampaign = z.input<typeof campaignSchema>;
export type WrittenStep = WrittenCampaign['steps'][number];

export interface WriteInput {
  campaign: ResolvedCampaign;
  workspace: Workspace;
}

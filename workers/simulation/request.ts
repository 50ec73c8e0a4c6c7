/** What the command line hands to the simulation's program, as one JSON document on its standard input. */
import type { ResolvedCampaign } from '../../definition/resolved';
import type { Workspace } from '../../definition/workspace-types';
import type { Scenario } from '../../simulation/scenario/schema';

export interface SimulationRequest {
  campaign: ResolvedCampaign;
  /** Content in base64. */
  files: { path: string; content: string }[];
  workspace: Workspace;
  scenario: Scenario;
  /** One run each. */
  seeds: number[];
}

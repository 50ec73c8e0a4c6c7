import type { PlacedTimes } from './check/time-checks';
import type { FileReference } from './resolved';
import type { AuthoredCampaign } from './schema/campaign';
import type { CampaignFile } from './source/folder';
import type { Workspace } from './workspace-types';

export interface ResolveInput {
  authored: AuthoredCampaign;
  workspace: Workspace;
  times: PlacedTimes;
  /** By the name that the campaign uses. */
  files: ReadonlyMap<string, CampaignFile>;
}

/** A file of the campaign by the name that the campaign uses; it was checked to be there. */
export function reference({ files }: ResolveInput, name: string): FileReference {
  const file = files.get(name);
  if (!file) throw new RangeError('file was not checked');
  return { path: file.path, sha256: file.sha256 };
}

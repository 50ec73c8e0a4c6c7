import type { CampaignFolder } from '../source/folder';
import type { Path } from '../source/place';
import type { ProblemList } from '../source/problem-list';
import type { Source } from '../source/source';
import type { Workspace } from '../workspace-types';
import type { Authored } from './authored';

/** What a check looks at, and where it says what it found. */
export interface CheckContext {
  authored: Authored;
  source: Source;
  problems: ProblemList;
  workspace: Workspace;
  folder: CampaignFolder;
}

export interface Remark {
  rule: string;
  path: Path;
  message: string;
  fix?: string;
  atKey?: boolean;
}

export function remark(context: Pick<CheckContext, 'source' | 'problems'>, { atKey, path, ...rest }: Remark): void {
  const place = atKey ? context.source.placeOfKey(path) : context.source.placeOf(path);
  context.problems.add({ ...rest, place });
}

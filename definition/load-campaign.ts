import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Problem } from '../errors/problem';
import { VolanteError } from '../errors/volante-error';
import { checkAudience } from './check/audience-checks';
import { readAuthored } from './check/authored';
import type { CheckContext } from './check/context';
import { type CheckEmail, checkEmails } from './check/email-checks';
import { checkGates } from './check/gate-checks';
import { checkJourneys } from './check/journey-checks';
import { checkLoyalty } from './check/loyalty-checks';
import { checkMeasuring } from './check/measuring-checks';
import { checkNotes } from './check/notify-checks';
import { checkPromotions } from './check/promotion-checks';
import { checkReferences, readFiles } from './check/reference-checks';
import { checkRollouts } from './check/rollout-checks';
import { checkSteps } from './check/step-checks';
import { checkTimes } from './check/time-checks';
import { readDefinitionText } from './load-text';
import { resolveCampaign } from './resolve';
import type { ResolvedCampaign, Sha256 } from './resolved';
import { revisionOf } from './revision';
import { type CampaignFile, CampaignFolder } from './source/folder';
import type { Place } from './source/place';
import { ProblemList, sortProblems } from './source/problem-list';
import { readSource } from './source/source';
import type { Workspace } from './workspace-types';

/** A valid campaign, ready to be planned. */
export interface LoadedCampaign {
  resolved: ResolvedCampaign;
  revision: Sha256;
  /** Files it refers to, with their content. */
  files: CampaignFile[];
  /** As shown to people. */
  sourceFile: string;
  /** Absolute. */
  folder: string;
}

export interface LoadOutcome {
  /** As shown to people. */
  sourceFile: string;
  /** What the file says its id is, and where, even when the rest is wrong. */
  id?: string;
  idPlace?: Place;
  /** Present when no problem is an error. */
  campaign?: LoadedCampaign;
  problems: Problem[];
}

export interface LoadOptions {
  workspace: Workspace;
  /** Problems name files relative to this folder; by default the working directory. */
  root?: string;
  /** Checks messages; absent: messages are not checked. */
  checkEmail?: CheckEmail;
}

/** Names that a campaign file may have, in the order in which they are looked for. */
export const campaignFileNames = ['campaign.yaml', 'campaign.yml', 'campaign.json'] as const;

/**
 * Reads, checks and resolves one campaign: its file, or the folder that holds it. Finds all problems at once.
 * @throws VolanteError VOL-101 when there is no such file
 */
export async function loadCampaign(
  options: LoadOptions & ({ file: string } | { folder: string }),
): Promise<LoadOutcome> {
  const file = 'file' in options ? resolve(options.file) : await campaignFileIn(resolve(options.folder));
  const sourceFile = shownPath(file, options.root);
  const problems = new ProblemList(sourceFile);
  const text = readDefinitionText(file, problems);
  const source = text === undefined ? undefined : readSource(text, problems);
  if (!source) return { sourceFile, problems: sortProblems(problems.problems) };
  const authored = readAuthored({ source, problems });
  const folder = new CampaignFolder(dirname(file));
  const campaign = await check({ authored, source, problems, folder, workspace: options.workspace }, options);
  return {
    sourceFile,
    id: authored.id,
    idPlace: source.placeOf(['id']),
    campaign: campaign && { ...campaign, sourceFile, folder: folder.folder },
    problems: sortProblems(problems.problems),
  };
}

async function check(
  context: CheckContext,
  { checkEmail }: LoadOptions,
): Promise<Pick<LoadedCampaign, 'resolved' | 'revision' | 'files'> | undefined> {
  const { authored, problems, workspace } = context;
  checkReferences(context);
  checkSteps(context);
  checkMeasuring(context);
  checkRollouts(context);
  checkGates(context);
  checkAudience(context);
  checkJourneys(context);
  checkLoyalty(context);
  checkNotes(context);
  const times = checkTimes(context);
  const files = readFiles(context);
  checkPromotions(context, files);
  if (checkEmail) await checkEmails(context, { files, checkEmail });
  if (problems.hasErrors || !authored.whole) return undefined;
  const resolved = resolveCampaign({ authored: authored.whole, workspace, times, files });
  const distinct = new Map([...files.values()].map((file) => [file.path, file]));
  return { resolved, revision: revisionOf(resolved), files: [...distinct.values()].sort(byPath) };
}

function byPath(a: CampaignFile, b: CampaignFile): number {
  return a.path < b.path ? -1 : 1;
}

async function campaignFileIn(folder: string): Promise<string> {
  for (const name of campaignFileNames) {
    const file = join(folder, name);
    if (await stat(file).catch(() => undefined)) return file;
  }
  throw new VolanteError('VOL-101', { message: `${basename(folder)} holds no ${campaignFileNames.join(', ')}` });
}

/** A path as people see it: relative to the folder they work in when it is inside it. */
export function shownPath(file: string, root: string = process.cwd()): string {
  const path = relative(root, file);
  return path === '' || path.startsWith('..') ? file : path;
}

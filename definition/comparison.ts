/** Which campaigns differ between two states of a repository, and in what. Pure. */
import { messageWords, type WordChanges, wordChanges } from '../email/message-words';
import type { Problem } from '../errors/problem';
import { type Change, diffCampaigns } from './diff';
import type { LoadedCampaign, LoadOutcome } from './load-campaign';
import { irreversibleSteps } from './plan';
import type { PlannedCampaign } from './plan-document';
import type { ResolvedCampaign } from './resolved';
import type { CampaignFile } from './source/folder';

export interface MessageChange extends WordChanges {
  /** In the campaign's folder. */
  file: string;
}

/** What a definition says by itself, without anybody counted. */
export type CampaignOutline = Pick<PlannedCampaign, 'window' | 'irreversible'> & {
  name: string;
  gates: { step: string; approvers: string[]; quorum: number }[];
  isTriggered: boolean;
};

export interface ComparedCampaign {
  /** Of the campaign; its file where the file does not say one. */
  id: string;
  /** Where it is; of a removed one, where it was. */
  file: string;
  relation: 'added' | 'changed' | 'removed' | 'invalid';
  /** In the words of the file; of one that is added or removed, none. */
  changes: Change[];
  messages: MessageChange[];
  /** Absent: it is removed, or invalid. */
  outline?: CampaignOutline;
  problems: Problem[];
}

export interface Comparison {
  /** Sorted by id. */
  campaigns: ComparedCampaign[];
  /** Ids, sorted. */
  unchanged: string[];
}

/** A campaign is the same one when its id is, wherever its file has gone. */
export function compareCampaigns(before: readonly LoadOutcome[], after: readonly LoadOutcome[]): Comparison {
  const earlier = byId(before);
  const later = byId(after);
  const files = new Set(after.map(({ sourceFile }) => sourceFile));
  const campaigns: ComparedCampaign[] = [];
  const unchanged: string[] = [];
  for (const [key, outcome] of later) {
    const compared = compareOne(earlier.get(key), outcome);
    if (compared) campaigns.push(compared);
    else unchanged.push(key);
  }
  for (const [key, { sourceFile, id }] of earlier) {
    const isElsewhere = later.has(key) || (id === undefined && files.has(sourceFile));
    if (!isElsewhere)
      campaigns.push({ id: key, file: sourceFile, relation: 'removed', changes: [], messages: [], problems: [] });
  }
  campaigns.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { campaigns, unchanged: unchanged.sort() };
}

/** Of two with one id, both are invalid; the second goes by its file. */
function byId(outcomes: readonly LoadOutcome[]): Map<string, LoadOutcome> {
  const known = new Map<string, LoadOutcome>();
  for (const outcome of outcomes) {
    const key = keyOf(outcome);
    known.set(known.has(key) ? outcome.sourceFile : key, outcome);
  }
  return known;
}

function keyOf({ id, sourceFile }: LoadOutcome): string {
  return id ?? sourceFile;
}

/** @returns undefined when nothing that counts has changed */
function compareOne(before: LoadOutcome | undefined, outcome: LoadOutcome): ComparedCampaign | undefined {
  const { campaign, sourceFile: file, problems } = outcome;
  const base = { id: keyOf(outcome), file, problems };
  if (!campaign) return { ...base, relation: 'invalid', changes: [], messages: [] };
  const was = before?.campaign;
  if (was?.revision === campaign.revision) return undefined;
  const outline = outlineOf(campaign.resolved);
  // What was invalid could not be launched: it is as good as new.
  if (!was) return { ...base, relation: 'added', changes: [], messages: [], outline };
  const changes = diffCampaigns(was.resolved, campaign.resolved);
  return { ...base, relation: 'changed', changes, messages: messageChanges(was, campaign), outline };
}

function outlineOf(campaign: ResolvedCampaign): CampaignOutline {
  const { start, end, timezone, cron, quietHours, maxLateness } = campaign.schedule;
  return {
    name: campaign.name,
    window: { start, end, timezone, cron, quietHours, maxLateness },
    irreversible: irreversibleSteps(campaign),
    gates: campaign.steps.flatMap((step) =>
      step.kind === 'gate' ? [{ step: step.id, approvers: step.gate.approvers, quorum: step.gate.quorum }] : [],
    ),
    isTriggered: campaign.trigger !== undefined,
  };
}

const messageFile = /\.(?:mjml|html|txt)$/;

function messageChanges(before: LoadedCampaign, after: LoadedCampaign): MessageChange[] {
  const read = ({ files }: LoadedCampaign) =>
    new Map(files.filter(({ path }) => messageFile.test(path)).map((file) => [file.path, file]));
  const [was, is] = [read(before), read(after)];
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((file) => {
    const [old, now] = [was.get(file), is.get(file)];
    if (old && now && old.sha256 === now.sha256) return [];
    return [{ file, ...wordChanges(wordsOf(old), wordsOf(now)) }];
  });
}

function wordsOf(file: CampaignFile | undefined): string[] {
  if (!file) return [];
  return messageWords(file.content.toString('utf8'), file.path.endsWith('.txt') ? 'text' : 'markup');
}

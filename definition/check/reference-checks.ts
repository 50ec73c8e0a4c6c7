import type { AuthoredStep } from '../schema/campaign';
import { type CampaignFile, type FileKind, isFault } from '../source/folder';
import type { Path } from '../source/place';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';

/** References to the workspace: people, roles, senders, platforms. */
export function checkReferences(context: CheckContext): void {
  const { authored, workspace } = context;
  const people = Object.keys(workspace.people);
  const roles = [...new Set(Object.values(workspace.people).flatMap((person) => person.roles))];
  const check = (name: string | undefined, known: string[], at: { rule: string; path: Path; what: string }) => {
    if (name === undefined || known.includes(name)) return;
    const meant = didYouMean(name, known);
    remark(context, {
      rule: at.rule,
      path: at.path,
      message: `there is no ${at.what} "${name}" in volante.yaml`,
      fix: meant ? `did you mean "${meant}"?` : `known: ${known.join(', ') || 'none'}`,
    });
  };
  check(authored.owner, people, { rule: 'REF-104', path: ['owner'], what: 'person' });
  for (const { step, path } of authored.steps) {
    const role = (name: string, at: Path) => check(name, roles, { rule: 'REF-103', path: at, what: 'role' });
    for (const [index, name] of (step.gate?.approvers ?? []).entries())
      role(name, [...path, 'gate', 'approvers', index]);
    for (const [index, name] of (step.gate?.escalateTo ?? []).entries())
      role(name, [...path, 'gate', 'escalateTo', index]);
    for (const [index, name] of (step.notify?.to ?? []).entries()) {
      const at = { rule: 'REF-103', path: [...path, 'notify', 'to', index], what: 'role or person' };
      check(name, [...roles, ...people], at);
    }
    for (const { roles: named, path: at } of decidersOf(step, path))
      for (const [index, name] of named.entries()) role(name, [...at, index]);
    const flags = Object.keys(workspace.flagPlatforms);
    check(step.experiment?.platform, flags, {
      rule: 'REF-102',
      path: [...path, 'experiment', 'platform'],
      what: 'flag platform',
    });
    for (const [name, arm] of Object.entries(step.email?.arms ?? {}))
      check(arm.sender, Object.keys(workspace.senders), {
        rule: 'REF-101',
        path: [...path, 'email', 'arms', name, 'sender'],
        what: 'sender',
      });
    const email = [...path, 'email'];
    const senders = Object.keys(workspace.senders);
    check(step.email?.sender, senders, { rule: 'REF-101', path: [...email, 'sender'], what: 'sender' });
    const platforms = Object.keys(workspace.platforms);
    check(step.email?.platform, platforms, { rule: 'REF-102', path: [...email, 'platform'], what: 'platform' });
  }
}

/** Roles that decide at checkpoints. */
function decidersOf(step: AuthoredStep, path: Path): { roles: string[]; path: Path }[] {
  const found: { roles: string[]; path: Path }[] = [];
  const add = (hold: { approvers: string[] } | undefined, at: Path) => {
    if (hold) found.push({ roles: hold.approvers, path: [...at, 'hold', 'approvers'] });
  };
  const addActions = (actions: Record<string, unknown>, at: Path) => {
    for (const [key, action] of Object.entries(actions)) {
      const approve =
        typeof action === 'object' && action !== null ? (action as { approve?: string[] }).approve : undefined;
      if (approve) found.push({ roles: approve, path: [...at, key, 'approve'] });
    }
  };
  if (step.checkpoint) {
    add(step.checkpoint.hold, [...path, 'checkpoint']);
    addActions({ then: step.checkpoint.then, error: step.checkpoint.error }, [...path, 'checkpoint']);
  }
  for (const [index, { checkpoint }] of (step.rollout ?? []).entries()) {
    if (!checkpoint) continue;
    add(checkpoint.hold, [...path, 'rollout', index, 'checkpoint']);
    addActions(checkpoint.decide, [...path, 'rollout', index, 'checkpoint', 'decide']);
  }
  return found;
}

/** Files that the campaign names, by the name used. Those that cannot be used are reported and absent. */
export function readFiles(context: CheckContext): Map<string, CampaignFile> {
  const { audience, steps } = context.authored;
  const wanted: { name: string; kind: FileKind; path: Path }[] = [];
  if (audience && audience.from !== 'contacts') {
    wanted.push({ name: audience.from.csv, kind: 'csv', path: ['audience', 'from'] });
  }
  for (const { step, path } of steps) {
    if (!step.email) continue;
    wanted.push({ name: step.email.template, kind: 'template', path: [...path, 'email', 'template'] });
    if (step.email.text) wanted.push({ name: step.email.text, kind: 'text', path: [...path, 'email', 'text'] });
    for (const [name, arm] of Object.entries(step.email.arms ?? {})) {
      const at = [...path, 'email', 'arms', name];
      if (arm.template) wanted.push({ name: arm.template, kind: 'template', path: [...at, 'template'] });
      if (arm.text) wanted.push({ name: arm.text, kind: 'text', path: [...at, 'text'] });
    }
  }
  for (const [index, { query }] of context.authored.metrics.entries())
    if (query !== undefined) wanted.push({ name: query, kind: 'query', path: ['metrics', index, 'query'] });
  const files = new Map<string, CampaignFile>();
  for (const { name, kind, path } of wanted) {
    const file = context.folder.read(name, kind);
    if (isFault(file)) remark(context, { ...file, path });
    else if (kind === 'csv' && !hasEmailColumn(file.content)) {
      remark(context, { rule: 'AUD-306', path, message: `"${file.path}" has no column called email` });
    } else files.set(name, file);
  }
  return files;
}

function hasEmailColumn(csv: Buffer): boolean {
  const end = csv.indexOf(0x0a);
  const header = csv.subarray(0, end < 0 ? Math.min(csv.length, 65_536) : Math.min(end, 65_536)).toString('utf8');
  return header
    .replace(/^\uFEFF/, '')
    .split(/[,;\t]/)
    .some(
      (column) =>
        column
          .trim()
          .replace(/^"(.*)"$/, '$1')
          .toLowerCase() === 'email',
    );
}

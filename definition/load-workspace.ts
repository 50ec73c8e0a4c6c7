import { join, resolve } from 'node:path';
import { parseAddress } from '../email/address';
import type { Problem } from '../errors/problem';
import { remark } from './check/context';
import { didYouMean } from './check/did-you-mean';
import { badGitAddress, secretsOf } from './check/repository-checks';
import { checkShape } from './check/shape';
import { shownPath } from './load-campaign';
import { readDefinitionText } from './load-text';
import { type AuthoredWorkspace, workspaceSchema } from './schema/workspace';
import type { Path } from './source/place';
import { ProblemList, sortProblems } from './source/problem-list';
import { readSource, type Source } from './source/source';
import type { Source as MetricSource, Workspace } from './workspace-types';

export const workspaceFileName = 'volante.yaml';

export interface WorkspaceOutcome {
  /** Present when no problem is an error. */
  workspace?: Workspace;
  problems: Problem[];
  sourceFile: string;
}

/**
 * Reads and checks `volante.yaml` of a folder.
 * @throws VolanteError VOL-101 when there is none
 */
export async function loadWorkspace(folder: string, options: { root?: string } = {}): Promise<WorkspaceOutcome> {
  const file = join(resolve(folder), workspaceFileName);
  const problems = new ProblemList(shownPath(file, options.root));
  const text = readDefinitionText(file, problems);
  const source = text === undefined ? undefined : readSource(text, problems);
  const authored = source && checkShape(workspaceSchema, { source, problems });
  if (source && authored) check({ source, problems }, authored);
  return {
    workspace: authored && !problems.hasErrors ? resolveWorkspace(authored) : undefined,
    problems: sortProblems(problems.problems),
    sourceFile: problems.file,
  };
}

type Place = { source: Source; problems: ProblemList };

function check(place: Place, workspace: AuthoredWorkspace): void {
  for (const [id, person] of Object.entries(workspace.people)) {
    checkAddress(place, person.email, ['people', id, 'email']);
  }
  for (const [id, sender] of Object.entries(workspace.senders)) {
    checkAddress(place, sender.address, ['senders', id, 'address']);
    if (sender.replyTo !== undefined) checkAddress(place, sender.replyTo, ['senders', id, 'replyTo']);
  }
  for (const [id, platform] of Object.entries(workspace.platforms)) {
    checkOneKey(place, platform, ['platforms', id]);
    if (platform.smtp) checkServer(place, platform.smtp, ['platforms', id, 'smtp']);
    if (platform.stripe) checkSecret(place, platform.stripe.key, ['platforms', id, 'stripe', 'key']);
    if (platform.shopify) checkSecret(place, platform.shopify.token, ['platforms', id, 'shopify', 'token']);
    if (platform.medusa) checkSecret(place, platform.medusa.token, ['platforms', id, 'medusa', 'token']);
    if (platform.unleash) checkSecret(place, platform.unleash.token, ['platforms', id, 'unleash', 'token']);
  }
  for (const [id, source] of Object.entries(workspace.sources)) {
    checkOneKey(place, source, ['sources', id]);
    if (id === ownSource)
      remark(place, {
        rule: 'WORK-710',
        path: ['sources', id],
        message: 'a source cannot be called volante',
        atKey: true,
      });
    if (source.events) checkSecret(place, source.events.secret, ['sources', id, 'events', 'secret']);
    if (source.sql) checkSecret(place, source.sql.url, ['sources', id, 'sql', 'url']);
    if (source.http?.secret) checkSecret(place, source.http.secret, ['sources', id, 'http', 'secret']);
  }
  for (const [id, repository] of Object.entries(workspace.repositories)) {
    const bad = badGitAddress(repository.url);
    if (bad) remark(place, { rule: bad.rule, path: ['repositories', id, 'url'], message: bad.message });
    for (const { path, text } of secretsOf(repository)) checkSecret(place, text, ['repositories', id, ...path]);
    if (!(repository.actor in workspace.people))
      remark(place, {
        rule: 'WORK-705',
        path: ['repositories', id, 'actor'],
        message: `there is nobody called "${repository.actor}" in people`,
      });
  }
  const mailServers = Object.fromEntries(Object.entries(workspace.platforms).filter(([, { smtp }]) => smtp));
  for (const part of ['team', 'defaults'] as const) {
    checkKey(place, workspace.senders, { key: workspace[part].sender, path: [part, 'sender'] });
    checkKey(place, mailServers, { key: workspace[part].platform, path: [part, 'platform'] });
  }
}

function checkAddress(place: Place, text: string, path: Path): void {
  const parsed = parseAddress(text);
  if (!parsed.ok) remark(place, { rule: 'WORK-701', path, message: `this is not an address: ${parsed.reason}` });
}

const reference = /^(?:env|secret):\/\/[A-Z][A-Z0-9_]{0,100}$/;

/** Under this name the product puts events of its own into the inbox. */
const ownSource = 'volante';

function checkOneKey(place: Place, entry: Record<string, unknown>, path: Path): void {
  const named = Object.keys(entry).filter((key) => entry[key] !== undefined);
  if (named.length === 1) return;
  const said = named.length === 0 ? 'no kind' : named.join(' and ');
  remark(place, { rule: 'WORK-708', path, message: `"${String(path[1])}" names ${said}`, atKey: true });
}

function checkSecret(place: Place, text: string, path: Path): void {
  if (!reference.test(text))
    remark(place, { rule: 'WORK-709', path, message: `"${String(path.at(-1))}" must be a reference` });
}

type AuthoredSmtp = NonNullable<AuthoredWorkspace['platforms'][string]['smtp']>;

function checkServer(place: Place, smtp: AuthoredSmtp, path: Path): void {
  if (smtp.dkim && !reference.test(smtp.dkim.privateKey)) {
    const message = 'the private key must be a reference';
    remark(place, { rule: 'WORK-707', path: [...path, 'dkim', 'privateKey'], message });
  }
  if (reference.test(smtp.url)) return;
  const url = URL.canParse(smtp.url) ? new URL(smtp.url) : undefined;
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    remark(place, {
      rule: 'WORK-706',
      path: [...path, 'url'],
      message: 'this is neither a mail server nor a reference',
    });
  } else if (url.password !== '') {
    remark(place, { rule: 'SEC-609', path: [...path, 'url'], message: 'a password stands here in clear text' });
  }
}

function checkKey(place: Place, known: Record<string, unknown>, { key, path }: { key: string; path: Path }): void {
  if (key in known) return;
  const meant = didYouMean(key, Object.keys(known));
  const fix = meant ? `did you mean "${meant}"?` : undefined;
  remark(place, { rule: 'WORK-705', path, message: `there is no ${String(path[1])} "${key}"`, fix });
}

function resolveWorkspace(authored: AuthoredWorkspace): Workspace {
  const { environment, frequencyCaps, moneyCaps, team, defaults } = authored;
  return {
    environment,
    people: byId(authored.people, (person, id) => ({ id, ...person, timezone: person.timezone ?? defaults.timezone })),
    senders: byId(authored.senders, (sender, id) => ({ id, ...sender })),
    platforms: byId(
      those(authored.platforms, ({ smtp }) => smtp),
      ({ rate, ...smtp }) => ({
        kind: 'smtp' as const,
        ...smtp,
        ...(rate === undefined ? {} : { ratePerSecond: rate }),
      }),
    ),
    flagPlatforms: byId(
      those(authored.platforms, ({ unleash }) => unleash),
      (unleash) => ({
        kind: 'unleash' as const,
        ...unleash,
      }),
    ),
    promotionPlatforms: {
      ...byId(
        those(authored.platforms, ({ stripe }) => stripe),
        (stripe) => ({ kind: 'stripe' as const, ...stripe }),
      ),
      ...byId(
        those(authored.platforms, ({ shopify }) => shopify),
        (shopify) => ({ kind: 'shopify' as const, ...shopify }),
      ),
      ...byId(
        those(authored.platforms, ({ medusa }) => medusa),
        (medusa) => ({ kind: 'medusa' as const, ...medusa }),
      ),
    },
    sources: byId(authored.sources, resolveSource),
    repositories: byId(authored.repositories, (repository, id) => ({ id, ...repository })),
    frequencyCaps,
    moneyCaps,
    team,
    defaults,
  };
}

function byId<In, Out>(entries: Record<string, In>, resolveEntry: (entry: In, id: string) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(entries).map(([id, entry]) => [id, resolveEntry(entry, id)]));
}

/** The entries that have what `pick` looks for. */
function those<T, V>(entries: Record<string, T>, pick: (entry: T) => V | undefined): Record<string, V> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([id, entry]) => {
      const picked = pick(entry);
      return picked === undefined ? [] : [[id, picked]];
    }),
  );
}

function resolveSource({ events, sql, http }: AuthoredWorkspace['sources'][string]): MetricSource {
  if (events) return { kind: 'events', ...events };
  if (sql) return { kind: 'sql', ...sql };
  if (http) return { kind: 'http', ...http };
  throw new RangeError('source was not checked');
}

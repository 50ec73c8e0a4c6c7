/** Which forge a job of CI belongs to: what its own variables say, and ours before them. */
import { readFileSync } from 'node:fs';
import { VolanteError } from '../errors/volante-error';

export interface ForgeSettings {
  kind: 'github' | 'gitea' | 'gitlab';
  url: string;
  repository: string;
  token: string;
  /** Of the pull request or merge request that the job is about. */
  pullRequest?: number;
  /** Head of the pull request: a job may have checked out something else, merged for the test. */
  commit?: string;
  /** Where the job can be looked at. */
  targetUrl?: string;
}

const kinds = ['github', 'gitea', 'gitlab'] as const;

/** @throws VolanteError VOL-505 where something is not known; it names the variable */
export function forgeSettings(env: NodeJS.ProcessEnv): ForgeSettings {
  const found = foundInJob(env);
  const kind = kinds.find((name) => name === env.VOLANTE_FORGE) ?? found.kind;
  const pullRequest = Number(env.VOLANTE_PULL_REQUEST || found.pullRequest);
  const commit = env.VOLANTE_COMMIT || found.commit;
  const targetUrl = env.VOLANTE_JOB_URL || found.targetUrl;
  return {
    kind: kind ?? missing('VOLANTE_FORGE', `the kind of forge: ${kinds.join(', ')}`),
    url: env.VOLANTE_FORGE_URL || found.url || missing('VOLANTE_FORGE_URL', "the address of the forge's API"),
    repository: env.VOLANTE_FORGE_REPOSITORY || found.repository || missing('VOLANTE_FORGE_REPOSITORY', 'owner/name'),
    token: env.VOLANTE_FORGE_TOKEN || found.token || missing('VOLANTE_FORGE_TOKEN', 'a token of the forge'),
    ...(Number.isInteger(pullRequest) && pullRequest > 0 && { pullRequest }),
    ...(commit && { commit }),
    ...(targetUrl && { targetUrl }),
  };
}

function missing(variable: string, what: string): never {
  throw new VolanteError('VOL-505', { message: `${variable} is not set: ${what}`, fix: `set ${variable}` });
}

function foundInJob(env: NodeJS.ProcessEnv): Partial<ForgeSettings> {
  if (env.GITLAB_CI) return gitLabJob(env);
  return env.GITHUB_ACTIONS || env.GITEA_ACTIONS ? actionsJob(env) : {};
}

/** GitHub Actions; Gitea's and Forgejo's have the same variables and one of their own. */
function actionsJob(env: NodeJS.ProcessEnv): Partial<ForgeSettings> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return {
    kind: env.GITEA_ACTIONS || env.FORGEJO_ACTIONS ? 'gitea' : 'github',
    url: env.GITHUB_API_URL,
    repository,
    token: env.GITHUB_TOKEN,
    pullRequest: Number(/^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '')?.[1]),
    commit: headOfEvent(env.GITHUB_EVENT_PATH) ?? env.GITHUB_SHA,
    ...(server && repository && run && { targetUrl: `${server}/${repository}/actions/runs/${run}` }),
  };
}

/** In a pull request's job GITHUB_SHA is a merge that nobody sees; statuses belong to the head. */
function headOfEvent(path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    const event = JSON.parse(readFileSync(path, 'utf8')) as { pull_request?: { head?: { sha?: unknown } } };
    const sha = event.pull_request?.head?.sha;
    return typeof sha === 'string' ? sha : undefined;
  } catch {
    return undefined;
  }
}

function gitLabJob(env: NodeJS.ProcessEnv): Partial<ForgeSettings> {
  return {
    kind: 'gitlab',
    url: env.CI_API_V4_URL,
    repository: env.CI_PROJECT_PATH,
    pullRequest: Number(env.CI_MERGE_REQUEST_IID),
    commit: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA || env.CI_COMMIT_SHA,
    targetUrl: env.CI_JOB_URL,
  };
}

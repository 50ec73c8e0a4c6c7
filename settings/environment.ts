/** Every environment variable that Volante reads, as the reference page lists them. A test holds this against the code. */
export interface EnvironmentVariable {
  name: string;
  /** Who reads it. */
  by: string;
  description: string;
  whenAbsent: string;
}

const everything = 'command line, worker, gateway';

export const environmentVariables: readonly EnvironmentVariable[] = [
  {
    name: 'TEMPORAL_ADDRESS',
    by: everything,
    description: 'Host and port of the Temporal server.',
    whenAbsent: 'the server of the local stack',
  },
  {
    name: 'TEMPORAL_NAMESPACE',
    by: everything,
    description: 'Namespace that runs live in.',
    whenAbsent: '`default`',
  },
  {
    name: 'TEMPORAL_UI_URL',
    by: 'command line',
    description: 'Address of the Temporal UI, for links.',
    whenAbsent: 'the UI of the local stack, else no links',
  },
  {
    name: 'DATABASE_URL',
    by: everything,
    description: 'PostgreSQL (tested with version 18): `postgresql://user:password@host:port/name`.',
    whenAbsent: 'the database of the local stack',
  },
  {
    name: 'SMTP_URL',
    by: 'worker, command line (`reconcile`)',
    description:
      'Mail server that `env://SMTP_URL` in `volante.yaml` stands for: `smtp://user:password@host:port`; `smtps://` for TLS from the start.',
    whenAbsent: 'the mailbox of the local stack',
  },
  {
    name: 'MAILBOX_URL',
    by: 'command line',
    description: 'Page of the mailbox, for links.',
    whenAbsent: 'the mailbox of the local stack',
  },
  {
    name: 'VOLANTE_SECRET_KEY',
    by: everything,
    description:
      'Key of the HMACs that stand for addresses and of the links in mails: 32 bytes in hex. Keep it: with another key old unsubscribe links stop working, and suppressed addresses are no longer recognised.',
    whenAbsent: '`secret.key` in the data folder, which the local stack makes',
  },
  {
    name: 'VOLANTE_GATEWAY_URL',
    by: 'worker, gateway',
    description: 'Address of the gateway as people reach it. It is in the links of every mail.',
    whenAbsent: 'the gateway of the local stack',
  },
  {
    name: 'VOLANTE_WORKSPACE',
    by: everything,
    description: 'Folder of `volante.yaml`.',
    whenAbsent: 'the present folder',
  },
  {
    name: 'VOLANTE_DATA_DIR',
    by: everything,
    description: 'Folder of what need not be in git: local databases, logs, saved plans, the secret key.',
    whenAbsent: '`.volante` in the workspace',
  },
  {
    name: 'VOLANTE_ACTOR',
    by: 'command line',
    description: 'Who you are, where a verb has `--as`: a key of `people` in `volante.yaml`.',
    whenAbsent: '`--as` must be given',
  },
  {
    name: 'VOLANTE_SECRETS_DIR',
    by: 'worker',
    description: 'Folder in which `secret://name` is the file `name`.',
    whenAbsent: 'only `VOLANTE_SECRET_<NAME>` is looked at',
  },
  {
    name: 'VOLANTE_SECRET_<NAME>',
    by: 'worker',
    description: 'Value of `secret://name`, before the folder of secrets is looked at.',
    whenAbsent: 'the file in `VOLANTE_SECRETS_DIR`',
  },
  {
    name: 'VOLANTE_TASK_QUEUE',
    by: 'worker',
    description: 'Another Temporal task queue than the usual one.',
    whenAbsent: '`campaign`',
  },
  {
    name: 'VOLANTE_WORKER_DEPLOYMENT',
    by: 'command line, worker',
    description: 'Name of the worker deployment: builds of the worker are kept apart, and one of them is current.',
    whenAbsent: 'workers are not versioned',
  },
  {
    name: 'VOLANTE_BUILD_ID',
    by: 'worker',
    description: 'Build of this worker in its deployment, such as a git commit: letters, digits, `.`, `_`, `-`.',
    whenAbsent: 'the version of the package and the hash of the workflow bundle',
  },
  {
    name: 'WORKER_METRICS_PORT',
    by: 'worker',
    description: 'Port of `/metrics` and `/healthz`.',
    whenAbsent: 'any free port, named in the log',
  },
  { name: 'GATEWAY_HOST', by: 'gateway', description: 'Interface it listens on.', whenAbsent: '`127.0.0.1`' },
  { name: 'GATEWAY_PORT', by: 'gateway', description: 'Port it listens on.', whenAbsent: '`8787`' },
  {
    name: 'GATEWAY_TRUSTED_PROXIES',
    by: 'gateway',
    description: 'Addresses of proxies whose `X-Forwarded-*` headers are believed, separated by commas.',
    whenAbsent: 'none',
  },
  {
    name: 'LOG_LEVEL',
    by: 'worker, gateway',
    description: 'Least severe log line: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`.',
    whenAbsent: '`info`',
  },
  {
    name: 'NO_COLOR',
    by: 'command line',
    description: 'Any value: no colour.',
    whenAbsent: 'colour where a person looks',
  },
  {
    name: 'FORCE_COLOR',
    by: 'command line',
    description: 'Any value: colour also where no terminal is.',
    whenAbsent: 'colour where a person looks',
  },
  { name: 'CI', by: 'command line', description: 'Any value: never ask, never draw.', whenAbsent: 'ask in a terminal' },
  {
    name: 'VOLANTE_FORGE',
    by: 'command line (`plan --comment`, `--status`)',
    description: 'Kind of forge that holds the pull request: `github`, `gitea` (also Forgejo) or `gitlab`.',
    whenAbsent: 'what the job of GitHub Actions, Gitea Actions or GitLab CI says',
  },
  {
    name: 'VOLANTE_FORGE_URL',
    by: 'command line (`plan --comment`, `--status`)',
    description: "Address of the forge's API, such as `https://git.shop.example/api/v1`.",
    whenAbsent: 'what the job says',
  },
  {
    name: 'VOLANTE_FORGE_REPOSITORY',
    by: 'command line (`plan --comment`, `--status`)',
    description: 'The repository, `owner/name`.',
    whenAbsent: 'what the job says',
  },
  {
    name: 'VOLANTE_FORGE_TOKEN',
    by: 'command line (`plan --comment`, `--status`)',
    description: 'Token that may write comments and commit statuses. It is never printed.',
    whenAbsent: '`GITHUB_TOKEN` in GitHub and Gitea Actions; GitLab has none that may',
  },
  {
    name: 'VOLANTE_PULL_REQUEST',
    by: 'command line (`plan --comment`)',
    description: 'Number of the pull request.',
    whenAbsent: 'what the job says',
  },
  {
    name: 'VOLANTE_COMMIT',
    by: 'command line (`plan --status`)',
    description: 'Commit that gets the status: the head of the pull request.',
    whenAbsent: 'what the job says',
  },
  {
    name: 'VOLANTE_JOB_URL',
    by: 'command line (`plan --status`)',
    description: 'Page of the job, which the status links to.',
    whenAbsent: 'what the job says, else the comment',
  },
  {
    name: 'GITHUB_<NAME>',
    by: 'command line (`plan --comment`, `--status`)',
    description:
      'What GitHub Actions sets, and Gitea and Forgejo Actions after it (with `GITEA_ACTIONS` or `FORGEJO_ACTIONS`): API, repository, event, run.',
    whenAbsent: '`VOLANTE_FORGE` and the others must be set',
  },
  {
    name: 'CI_<NAME>',
    by: 'command line (`plan --comment`, `--status`)',
    description: 'What GitLab CI sets (with `GITLAB_CI`): API, project, merge request, job.',
    whenAbsent: '`VOLANTE_FORGE` and the others must be set',
  },
  {
    name: 'TEMPORAL_CLI_PATH',
    by: 'local stack, tests',
    description: 'The `temporal` program.',
    whenAbsent: 'found on `PATH`, in the cache, downloaded or built',
  },
  {
    name: 'VOLANTE_CACHE_DIR',
    by: 'local stack, tests',
    description: 'Where server programs are kept.',
    whenAbsent: '`$XDG_CACHE_HOME/volante`, else `~/.cache/volante`',
  },
  {
    name: 'VOLANTE_OFFLINE',
    by: 'local stack, tests',
    description: '`1`: do not try downloads of server programs.',
    whenAbsent: 'downloads are tried first',
  },
  {
    name: 'VOLANTE_PORT_<PART>',
    by: 'local stack',
    description:
      'Fixed port of a part: `TEMPORAL`, `TEMPORAL_UI`, `DATABASE`, `SMTP`, `MAILBOX`, `GATEWAY`, `WORKER_METRICS`.',
    whenAbsent: 'the usual port when free, else any; remembered',
  },
];

/** The reference pages, made from what the code itself goes by. The same code gives the same bytes. */
import { stringify } from 'yaml';
import { verbs } from '../cli/verbs';
import { findRule, type KnownRule, ruleIds } from '../definition/rules/registry';
import { type Field, fieldsOf } from '../definition/schema/fields';
import type { DefinitionKind } from '../definition/schema/json-schema';
import { errorCatalogue, exitCodes } from '../errors/catalogue';
import { environmentVariables } from '../settings/environment';
import { createMetrics } from '../telemetry/metrics';
import { searchAttributes } from '../workflows/search-attributes';
import { code, page, table } from './markdown';

export interface ReferencePage {
  name: string;
  content: string;
}

export function referencePages(): ReferencePage[] {
  const pages = [
    {
      name: 'commands.md',
      title: 'Commands',
      about: 'Every verb with its arguments and options; exit codes.',
      body: commands(),
    },
    {
      name: 'campaign-file.md',
      title: 'The campaign file',
      about: 'Every field of `campaign.yaml`.',
      body: fields('campaign'),
    },
    {
      name: 'workspace-file.md',
      title: 'The workspace file',
      about: 'Every field of `volante.yaml`.',
      body: fields('workspace'),
    },
    {
      name: 'rules.md',
      title: 'Rules',
      about: 'What is checked in files and messages, why, and the remedy.',
      body: ruleSections(),
    },
    {
      name: 'errors.md',
      title: 'Errors',
      about: 'Every error code with its exit code and its standing remedy.',
      body: errors(),
    },
    {
      name: 'environment.md',
      title: 'Environment variables',
      about: 'Everything that is read from the environment.',
      body: environment(),
    },
    {
      name: 'search-attributes.md',
      title: 'Search attributes',
      about: 'What runs can be found by in Temporal.',
      body: attributes(),
    },
    { name: 'metrics.md', title: 'Metrics', about: 'What worker and gateway count for Prometheus.', body: metrics() },
  ];
  return [
    {
      name: 'README.md',
      content: page('Reference', [
        'Made from the code by `npm run reference`; a test holds every page against it.',
        ...pages.map(({ name, title, about }) => `- [${title}](${name}): ${about}`),
      ]),
    },
    ...pages.map(({ name, title, about, body }) => ({ name, content: page(title, [about, '', ...body]) })),
  ];
}

const exitCodeMeaning: Record<keyof typeof exitCodes, string> = {
  ok: 'done, or nothing to do',
  bug: 'a bug: report it',
  changesPresent: '`plan --detailed-exitcode` only: there is something to apply',
  invalid: 'something you wrote is wrong',
  needsInput: 'a confirmation or a name is needed and nobody can be asked',
  refused: 'refused by policy or by the state of the run',
  stalePlan: 'the plan no longer fits; plan again',
  unreachable: 'Temporal, the database, a platform or a worker does not answer',
  partial: 'done in part, or books do not balance; the output lists what',
  interrupted: 'interrupted',
};

function commands(): string[] {
  return [
    'Data go to stdout, progress and errors to stderr. The last line names the next command.',
    'In a clone the command is `npx volante`, after `npm run build`.',
    '',
    '## All verbs',
    '',
    ...table(
      ['Option', 'Meaning'],
      [
        [code('--json'), 'print one JSON document instead of text'],
        [code('--no-color'), 'print without colour (also: `NO_COLOR=1`)'],
        [code('-h, --help'), 'explain the verb'],
      ],
    ),
    ...verbs.flatMap(({ name, load }) => {
      const { summary, description, arguments: words = [], options = [], examples = [] } = load().command;
      return [
        '',
        `## volante ${name}`,
        '',
        `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
        ...(description ? ['', '```text', ...description.split('\n'), '```'] : []),
        ...(words.length > 0
          ? [
              '',
              ...table(
                ['Argument', 'Meaning'],
                words.map((word) => [code(word.name), word.description]),
              ),
            ]
          : []),
        ...(options.length > 0
          ? [
              '',
              ...table(
                ['Option', 'Meaning'],
                options.map((option) => [code(option.flags), option.description]),
              ),
            ]
          : []),
        ...(examples.length > 0 ? ['', '```console', ...examples.map((example) => `$ volante ${example}`), '```'] : []),
      ];
    }),
    '',
    '## Exit codes',
    '',
    ...table(
      ['Code', 'Meaning'],
      Object.entries(exitCodes).map(([name, number]) => [
        String(number),
        exitCodeMeaning[name as keyof typeof exitCodes],
      ]),
    ),
  ];
}

function fields(file: DefinitionKind): string[] {
  const all = fieldsOf(file);
  const owners = ['', ...all.filter(({ children }) => children.length > 0).map(({ path }) => path)];
  return [
    `\`volante explain <field>\` says the same in a terminal. Editors read \`definition/${file}.schema.json\`.`,
    ...owners.flatMap((owner) => {
      const own = all.filter(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf('.'))) === owner);
      const holder = all.find(({ path }) => path === owner);
      return [
        '',
        `## ${owner === '' ? 'At the top' : code(owner)}`,
        '',
        ...(holder?.description ? [holder.description, ''] : []),
        ...table(
          [
            'Field',
            'Kind',
            'When left out',
            ...(file === 'campaign' ? ['[While it runs](../explanation/amending.md)'] : []),
            'Meaning',
            'Example',
          ],
          own.map(fieldRow),
        ),
      ];
    }),
  ];
}

function fieldRow({ path, kind, required, whenAbsent, description, examples, amend }: Field): string[] {
  const absent = required ? '**required**' : whenAbsent === undefined ? '–' : code(inline(whenAbsent));
  return [
    code(path.split('.').at(-1) ?? path),
    kind,
    absent,
    ...(amend ? [amend] : []),
    description ?? '',
    code(inline(examples[0])),
  ];
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim().replaceAll('\n', ' ');
}

function ruleSections(): string[] {
  const known = ruleIds.map(findRule).filter((rule): rule is KnownRule => rule !== undefined);
  const families = [...new Set(known.map(({ id }) => id.split('-')[0] ?? ''))].sort();
  return [
    '`volante explain <rule>` shows an example of each. An error keeps a campaign from being applied; a warning does not',
    '(`volante validate --strict` fails on warnings too).',
    ...families.flatMap((family) => [
      '',
      `## ${family}`,
      '',
      ...table(
        ['Rule', 'Severity', 'What', 'Why', 'Fix'],
        known
          .filter(({ id }) => id.startsWith(`${family}-`))
          .sort((a, b) => a.id.localeCompare(b.id))
          .map(({ id, severity, title, why, fix, source }) => [
            code(id),
            severity,
            title,
            source ? `${why} (${source})` : why,
            fix,
          ]),
      ),
    ]),
  ];
}

function errors(): string[] {
  return [
    '`volante explain <code>` says the same. Codes are never used for anything else later.',
    '',
    ...table(
      ['Code', 'What', 'Exit code', 'Fix'],
      Object.entries(errorCatalogue).map(([id, { title, exitCode, fix }]) => [code(id), title, String(exitCode), fix]),
    ),
  ];
}

function environment(): string[] {
  return [
    "Temporal's own variables and profiles (`TEMPORAL_TLS`, `TEMPORAL_API_KEY`, `TEMPORAL_PROFILE`, …) apply as well.",
    '',
    ...table(
      ['Variable', 'Read by', 'Meaning', 'When absent'],
      environmentVariables.map(({ name, by, description, whenAbsent }) => [code(name), by, description, whenAbsent]),
    ),
  ];
}

const attributeMeaning: Record<keyof typeof searchAttributes, string> = {
  campaignId: 'the campaign',
  campaignRevision: 'first twelve digits of the revision',
  campaignOwner: 'owner, a person of `volante.yaml`',
  campaignPhase:
    '`preparing`, `waiting`, `gate`, `sending`, `held`, `paused`, `aborting`, `done`, `rejected`, `aborted` or `failed`',
  campaignGate: 'the gate that is open; absent while none is',
  campaignEnvironment: 'environment of `volante.yaml`',
  campaignBlockedReason: 'why it does not go on: a pause or a held step, in plain words',
  campaignRecipients: 'members of the frozen audience',
  campaignDeadline: 'end of the campaign’s schedule',
};

function attributes(): string[] {
  const entries = Object.entries(searchAttributes) as [keyof typeof searchAttributes, { name: string; type: string }][];
  return [
    'Everybody with the Temporal UI can read them, and they are not encrypted: they never hold personal data.',
    '',
    ...table(
      ['Attribute', 'Type', 'Meaning'],
      entries.map(([key, { name, type }]) => [code(name), type.toLowerCase(), attributeMeaning[key]]),
    ),
    '',
    '## Queries worth keeping as saved views',
    '',
    ...table(
      ['View', 'Query'],
      [
        ['Waiting for people', code('CampaignPhase = "gate"')],
        ['Sending now', code('CampaignPhase = "sending"')],
        ['Blocked', code('CampaignBlockedReason IS NOT NULL AND ExecutionStatus = "Running"')],
        ['Paused', code('CampaignPhase = "paused"')],
        ['Ended badly', code('WorkflowType = "campaignRun" AND ExecutionStatus = "Failed"')],
      ],
    ),
  ];
}

function metrics(): string[] {
  const { registry, ...own } = createMetrics({ service: 'reference' });
  const rows = Object.values(own).map((metric) => {
    const { name, help, labelNames } = metric as unknown as { name: string; help: string; labelNames: string[] };
    const kind = metric.constructor.name.toLowerCase();
    return [code(name), kind, labelNames.map(code).join(', ') || '–', help];
  });
  registry.clear();
  return [
    'OpenMetrics at `/metrics`, and health at `/healthz`: on the worker’s metrics port and on the gateway. The usual',
    'figures of the Node.js process are there too. No label ever holds a contact, an address or a run.',
    '',
    ...table(['Metric', 'Kind', 'Labels', 'Meaning'], rows),
  ];
}

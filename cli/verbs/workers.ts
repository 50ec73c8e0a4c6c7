import { VolanteError } from '../../errors/volante-error';
import type { Operator } from '../../operations/connect';
import {
  buildNamed,
  countOpen,
  promote,
  readDeployment,
  type WorkerDeployment,
} from '../../operations/worker-versions';
import type { Command, CommandContext, CommandResult } from '../command';
import { yesOption } from '../command';
import { required, withTemporal } from '../operator';

export const command: Command = {
  summary: 'show builds of the worker; make one current',
  description: [
    'Where workers are versioned (VOLANTE_WORKER_DEPLOYMENT): which build is current, and how much each still has to do.',
    '`workers promote <build>` lets everything new begin on that build, or a share of it; runs end where they began.',
  ].join('\n'),
  arguments: [
    { name: '[action]', description: 'promote; without it, all builds' },
    { name: '[build]', description: 'a build, or the beginning of one' },
  ],
  options: [
    { flags: '--percentage <share>', description: 'only so many of a hundred that begin; 0 ends the ramp' },
    yesOption,
  ],
  examples: ['workers', 'workers promote 0.2.0-4be3 --percentage 10', 'workers promote 0.2.0-4be3 --yes'],
  async run(context) {
    const deployment = context.settings().workerDeployment;
    if (deployment === undefined)
      throw new VolanteError('VOL-102', {
        message: 'Workers are not versioned here.',
        fix: 'set VOLANTE_WORKER_DEPLOYMENT, for the workers too: docs/how-to/roll-out-a-worker.md',
      });
    const action = context.argument(0);
    if (action !== undefined && action !== 'promote')
      throw new VolanteError('VOL-102', { message: `"${action}" is no action of workers; promote is.` });
    return withTemporal(context, (temporal) =>
      action === undefined ? show(temporal, deployment) : promoted(context, { temporal, deployment }),
    );
  },
};

type Temporal = Pick<Operator, 'client'>;

const versionsOf = ({ client }: Temporal) => ({
  connection: client.connection,
  namespace: client.options.namespace,
});

async function show(temporal: Temporal, name: string): Promise<CommandResult> {
  const deployment = await readDeployment(versionsOf(temporal), name);
  const open = await countOpen(temporal.client, deployment);
  const { versions, ramping, current } = deployment;
  const [newest] = versions;
  return {
    text: [
      ...(versions.length === 0 ? [`No worker of the deployment ${name} has come up.`] : []),
      ...versions.map(({ build, state }) => {
        const { runs = 0, others = 0 } = open.get(build) ?? {};
        const share = state === 'ramping' ? ` ${ramping?.percentage} %` : '';
        return `${`${state}${share}`.padEnd(14)} ${build.padEnd(32)} ${runs} runs, ${others} others under way`;
      }),
      ...(versions.length > 0 && current === undefined ? ['No build is current: nothing new begins.'] : []),
    ].join('\n'),
    json: {
      ...deployment,
      versions: versions.map((version) => ({ ...version, underWay: open.get(version.build) })),
    },
    ...(newest && newest.build !== current && { next: `workers promote ${newest.build}` }),
  };
}

async function promoted(
  context: CommandContext,
  { temporal, deployment }: { temporal: Temporal; deployment: string },
): Promise<CommandResult> {
  const text = required(context.argument(1), 'the build');
  const percentage = shareOf(context.option('percentage'));
  const before = await readDeployment(versionsOf(temporal), deployment);
  const { build } = buildNamed(before, text);
  if (!(await context.confirm(question(before, { build, percentage })))) return { text: 'Nothing was changed.' };
  await promote(versionsOf(temporal), { deployment, build, percentage });
  return {
    text: said({ build, percentage }),
    json: await readDeployment(versionsOf(temporal), deployment),
    next: 'workers',
  };
}

function question(
  { current }: WorkerDeployment,
  { build, percentage }: { build: string; percentage?: number },
): string {
  const before = current === undefined ? 'no build is current' : `${current} is current`;
  return `${before}. ${said({ build, percentage, asked: true })}`;
}

function said({ build, percentage, asked = false }: { build: string; percentage?: number; asked?: boolean }): string {
  const end = asked ? '?' : '.';
  if (percentage === 0) return `End the ramp of ${build}${end}`;
  const what = percentage === undefined ? 'Everything' : `${percentage} % of what`;
  return percentage === undefined ? `${what} new begins on ${build}${end}` : `${what} begins goes to ${build}${end}`;
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = /^\d{1,3}(?:\.\d{1,2})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (share >= 0 && share <= 100) return share;
  throw new VolanteError('VOL-102', { message: `--percentage: "${text}" is no number from 0 to 100.` });
}

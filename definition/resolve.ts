import type { PlacedStep } from './check/authored';
import { needsOf } from './check/steps-graph';
import type { PlacedTimes } from './check/time-checks';
import type { FileReference, ResolvedCampaign, ResolvedStep, StepCommon } from './resolved';
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

/** Applies defaults and replaces references by what they refer to. The input has passed every check. */
export function resolveCampaign(input: ResolveInput): ResolvedCampaign {
  const { authored, workspace, times } = input;
  const { schedule, audience } = authored;
  return {
    version: 1,
    id: authored.id,
    name: authored.name,
    owner: authored.owner,
    ...present({ story: authored.story }),
    locale: authored.locale ?? workspace.defaults.locale,
    audience: {
      from: audience.from === 'contacts' ? 'contacts' : { csv: reference(input, audience.from.csv) },
      ...present({ where: audience.where }),
      holdout: audience.holdout,
    },
    schedule: {
      ...present({ start: times.start, end: times.end }),
      timezone: times.zone,
      ...present({ quietHours: schedule.quietHours }),
      maxLateness: schedule.maxLateness,
      cron: schedule.cron ?? [],
      catchupWindow: schedule.catchupWindow,
    },
    steps: authored.steps.map((step, index) => resolveStep(input, { step, index, path: ['steps', index] })),
  };
}

function resolveStep(input: ResolveInput, placed: PlacedStep): ResolvedStep {
  const { step, index } = placed;
  const common: StepCommon = {
    id: step.id,
    needs: needsOf(
      placed,
      input.authored.steps.map(({ id }) => id),
    ),
    ...present({ if: step.if, validUntil: input.times.validUntil.get(index) }),
    onLate: step.onLate,
    onFailure: step.onFailure,
  };
  if (step.email) return { ...common, kind: 'email', email: resolveEmail(input, step.email) };
  if (step.gate) {
    const { question, ...gate } = step.gate;
    return { ...common, kind: 'gate', gate: { ...gate, ...present({ question }) } };
  }
  if (step.notify) return { ...common, kind: 'notify', notify: step.notify };
  const until = input.times.waitUntil.get(index);
  return { ...common, kind: 'wait', wait: until ? { until } : { for: step.wait?.for ?? 0 } };
}

type AuthoredEmail = NonNullable<AuthoredCampaign['steps'][number]['email']>;

function resolveEmail(input: ResolveInput, email: AuthoredEmail) {
  const { senders, defaults } = input.workspace;
  const sender = senders[email.sender ?? defaults.sender];
  if (!sender) throw new RangeError('sender was not checked');
  return {
    sender,
    platform: email.platform ?? defaults.platform,
    template: { ...reference(input, email.template), format: formatOf(email.template) },
    ...present({ text: email.text === undefined ? undefined : reference(input, email.text) }),
    subject: email.subject,
    ...present({ preheader: email.preheader }),
  };
}

function formatOf(template: string): 'mjml' | 'html' {
  return template.endsWith('.mjml') ? 'mjml' : 'html';
}

function reference({ files }: ResolveInput, name: string): FileReference {
  const file = files.get(name);
  if (!file) throw new RangeError('file was not checked');
  return { path: file.path, sha256: file.sha256 };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined, so that the resolved campaign is the same before and after JSON. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

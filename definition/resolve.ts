import type { PlacedStep } from './check/authored';
import { needsOf } from './check/steps-graph';
import { present } from './present';
import { type ResolveInput, reference } from './resolve-input';
import { resolveTrigger, resolveWait } from './resolve-journey';
import { resolveProgram } from './resolve-loyalty';
import { resolveExperiment, resolveMeasuring, resolveShares } from './resolve-measuring';
import { resolvePromotion } from './resolve-promotion';
import { resolveForecast, resolveRollout } from './resolve-rollout';
import type { ResolvedCampaign, ResolvedStep, StepCommon } from './resolved';
import type { AuthoredCampaign } from './schema/campaign';
import { experimentSchema } from './schema/experiment';

/** Applies defaults and replaces references by what they refer to. The input has passed every check. */
export function resolveCampaign(input: ResolveInput): ResolvedCampaign {
  const { authored, workspace, times } = input;
  const { schedule } = authored;
  return {
    version: 1,
    id: authored.id,
    name: authored.name,
    owner: authored.owner,
    ...present({ story: authored.story }),
    locale: authored.locale ?? workspace.defaults.locale,
    ...resolveTrigger(authored),
    ...present({ program: authored.program && resolveProgram(input, authored.program) }),
    audience: resolveAudience(input),
    schedule: {
      ...present({ start: times.start, end: times.end }),
      timezone: times.zone,
      ...present({ quietHours: schedule.quietHours }),
      maxLateness: schedule.maxLateness,
      cron: schedule.cron ?? [],
      catchupWindow: schedule.catchupWindow,
    },
    ...resolveMeasuring(input),
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
  const rollout = resolveRollout(input, placed);
  if (step.email)
    return { ...common, kind: 'email', ...present({ rollout }), email: resolveEmail(input, step.id, step.email) };
  if (step.experiment) {
    const { platform, flag, arms, after, ...rules } = step.experiment;
    return {
      ...common,
      kind: 'experiment',
      rollout: rollout ?? [],
      experiment: {
        ...resolveExperiment(rules, { campaign: input.authored.id, step: step.id, arms: Object.keys(arms) }),
        platform,
        flag,
        arms: resolveShares(arms).map(({ name, share }) => ({ name, share })),
        after,
      },
    };
  }
  if (step.promotion)
    return { ...common, kind: 'promotion', promotion: resolvePromotion(input, placed.path, step.promotion) };
  if (step.checkpoint)
    return { ...common, kind: 'checkpoint', checkpoint: resolveForecast(input, placed, step.checkpoint) };
  if (step.gate) {
    const { question, ...gate } = step.gate;
    return { ...common, kind: 'gate', gate: { ...gate, ...present({ question }) } };
  }
  if (step.loyalty) return { ...common, kind: 'loyalty', loyalty: step.loyalty };
  if (step.notify) return { ...common, kind: 'notify', notify: step.notify };
  const until = input.times.waitUntil.get(index);
  return { ...common, kind: 'wait', wait: until ? { until } : resolveWait(step) };
}

/** A campaign without an audience of its own speaks to those whom its events name. */
function resolveAudience(input: ResolveInput): ResolvedCampaign['audience'] {
  const { audience } = input.authored;
  if (!audience) return { from: 'contacts', holdout: 0 };
  return {
    from: audience.from === 'contacts' ? 'contacts' : { csv: reference(input, audience.from.csv) },
    ...present({ where: audience.where }),
    holdout: audience.holdout,
  };
}

type AuthoredEmail = NonNullable<AuthoredCampaign['steps'][number]['email']>;

function resolveEmail(input: ResolveInput, stepId: string, email: AuthoredEmail) {
  const { senders, defaults } = input.workspace;
  const sender = senders[email.sender ?? defaults.sender];
  if (!sender) throw new RangeError('sender was not checked');
  return {
    sender,
    platform: email.platform ?? defaults.platform,
    template: templateOf(input, email.template),
    ...present({ text: email.text === undefined ? undefined : reference(input, email.text) }),
    subject: email.subject,
    ...present({ preheader: email.preheader, loyalty: email.loyalty }),
    ...(email.arms && {
      arms: resolveShares(email.arms).map(({ name, share, arm }) => ({
        name,
        share,
        ...present({
          subject: arm.subject,
          preheader: arm.preheader,
          template: arm.template === undefined ? undefined : templateOf(input, arm.template),
          text: arm.text === undefined ? undefined : reference(input, arm.text),
          sender: arm.sender === undefined ? undefined : senders[arm.sender],
          sendTime: arm.sendTime,
        }),
      })),
      experiment: resolveExperiment(email.experiment ?? experimentSchema.parse({}), {
        campaign: input.authored.id,
        step: stepId,
        arms: Object.keys(email.arms),
      }),
    }),
  };
}

function templateOf(input: ResolveInput, name: string) {
  return { ...reference(input, name), format: formatOf(name) };
}

function formatOf(template: string): 'mjml' | 'html' {
  return template.endsWith('.mjml') ? 'mjml' : 'html';
}

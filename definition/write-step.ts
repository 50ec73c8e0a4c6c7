import { present } from './present';
import type { EmailStep, GateStep, ResolvedStep } from './resolved';
import { experimentSchema } from './schema/experiment';
import { withoutDefaults } from './write-defaults';
import { writeArms, writeExperiment, writeFlagExperiment } from './write-experiment';
import type { WriteInput, WrittenStep } from './write-input';
import { writeWait } from './write-journey';
import { writeAward } from './write-loyalty';
import { writeMoment, writePromotion } from './write-promotion';
import { writeForecast, writeRollout } from './write-rollout';
import { writeDuration } from './written/duration';
import { writePercentage } from './written/percentage';

/** `before` is the step that stands before it in the file, which it needs when it says nothing. */
export function writeStep(input: WriteInput, { step, before }: { step: ResolvedStep; before?: string }): WrittenStep {
  const { campaign } = input;
  const { id, needs, validUntil, onLate, onFailure } = step;
  const implied = before === undefined ? [] : [before];
  const rollout = step.kind === 'email' || step.kind === 'experiment' ? step.rollout : undefined;
  return {
    id,
    ...present({
      needs: needs.join() === implied.join() ? undefined : needs,
      if: step.if,
      validUntil: validUntil && writeMoment(validUntil, campaign.schedule),
    }),
    onLate,
    onFailure,
    ...writeKind(input, step),
    ...(rollout && rollout.length > 0 && { rollout: writeRollout(campaign, rollout) }),
  };
}

function writeKind(input: WriteInput, step: ResolvedStep): Partial<WrittenStep> {
  const { campaign } = input;
  switch (step.kind) {
    case 'email':
      return { email: writeEmail(input, step) };
    case 'experiment':
      return { experiment: writeFlagExperiment(campaign.id, step) };
    case 'promotion':
      return { promotion: writePromotion(campaign, step.promotion) };
    case 'checkpoint':
      return { checkpoint: writeForecast(campaign, step.checkpoint) };
    case 'gate':
      return { gate: writeGate(step.gate) };
    case 'loyalty':
      return { loyalty: writeAward(step.loyalty) };
    case 'notify':
      return { notify: step.notify };
    case 'wait':
      return { wait: writeWait(step.wait, campaign.schedule.timezone) };
  }
}

function writeGate({ expires, remindAt, ...gate }: GateStep['gate']): WrittenStep['gate'] {
  return { ...gate, expires: writeDuration(expires), remindAt: remindAt.map(writePercentage) };
}

function writeEmail(
  { campaign, workspace: { defaults } }: WriteInput,
  { id, email }: EmailStep & { id: string },
): WrittenStep['email'] {
  const { sender, platform, template, text, subject, preheader, loyalty, arms, experiment } = email;
  return {
    template: template.path,
    ...present({ text: text?.path }),
    subject,
    ...present({
      preheader,
      sender: sender.id === defaults.sender ? undefined : sender.id,
      platform: platform === defaults.platform ? undefined : platform,
      loyalty,
      arms: arms && writeArms(arms),
      experiment: experiment && arms && writeRules(experiment, { campaign: campaign.id, step: id, arms }),
    }),
  };
}

/** Rules that are all as usual are left out. */
function writeRules(...given: Parameters<typeof writeExperiment>): object | undefined {
  const rules = withoutDefaults(experimentSchema, writeExperiment(...given)) as object;
  return Object.keys(rules).length > 0 ? rules : undefined;
}

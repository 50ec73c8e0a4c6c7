import type { z } from 'zod';
import { present } from './present';
import { resolveShares } from './resolve-measuring';
import type { ExperimentStep } from './resolved';
import type { EmailArm, ResolvedExperiment } from './resolved-measuring';
import type { experimentSchema } from './schema/experiment';
import type { WrittenStep } from './write-input';
import { writeEffect } from './written/effect';
import { readPercentage, writePercentage } from './written/percentage';
import { writeSpending } from './written/spending';

interface Home {
  campaign: string;
  step: string;
  arms: { name: string }[];
}

export function writeExperiment(rules: ResolvedExperiment, home: Home): z.input<typeof experimentSchema> {
  const { goal, method, spending, alpha, alphaAbort, power, minEffect, maxRecipients, control, salt, bandit } = rules;
  return {
    goal,
    ...present({ method: method === (goal === 'earn' ? 'bandit' : 'group-sequential') ? undefined : method }),
    spending: writeSpending(spending),
    alpha: writePercentage(alpha),
    alphaAbort: writePercentage(alphaAbort),
    power: writePercentage(power),
    ...present({
      minEffect: minEffect && writeEffect(minEffect),
      maxRecipients,
      control: control === home.arms[0]?.name ? undefined : control,
      salt: salt === `${home.campaign}/${home.step}` ? undefined : salt,
    }),
    floor: writePercentage(bandit.floor),
  };
}

export function writeFlagExperiment(
  campaign: string,
  { id, experiment }: ExperimentStep & { id: string },
): WrittenStep['experiment'] {
  const { platform, flag, arms, after } = experiment;
  const shares = writeShares(arms);
  return {
    platform,
    flag,
    arms: Object.fromEntries(arms.map(({ name }) => [name, present({ share: shares.get(name) })])),
    after,
    ...writeExperiment(experiment, { campaign, step: id, arms }),
  };
}

export function writeArms(arms: EmailArm[]): NonNullable<WrittenStep['email']>['arms'] {
  const shares = writeShares(arms);
  return Object.fromEntries(
    arms.map(({ name, template, text, sender, subject, preheader, sendTime }) => [
      name,
      present({
        share: shares.get(name),
        subject,
        preheader,
        template: template?.path,
        text: text?.path,
        sender: sender?.id,
        sendTime,
      }),
    ]),
  );
}

type Shares = { name: string; share: number }[];

/** Nothing where the arms share alike; else each share that a percentage can say, and the others share what is left. */
function writeShares(arms: Shares): Map<string, string> {
  const silent = resolveShares(Object.fromEntries(arms.map(({ name }) => [name, {}])));
  if (silent.every(({ share }, index) => share === arms[index]?.share)) return new Map();
  return new Map(arms.filter(({ share }) => isSayable(share)).map(({ name, share }) => [name, writePercentage(share)]));
}

function isSayable(share: number): boolean {
  const reading = readPercentage(writePercentage(share));
  return reading.ok && reading.value === share;
}

/** What an approval sets off: the steps that come after the gate, each in a sentence. */
import type { ResolvedCampaign, ResolvedStep, ResolvedStepOf } from '../../definition/resolved';
import { type Language, type Translator, translator } from '../../i18n/catalogue';
import { formatDuration, formatList, formatMoment, formatMoney } from '../../i18n/format';
import { peopleWords } from '../../i18n/people';

interface Audience {
  gate: string;
  recipients: number;
  language: Language;
  timeZone: string;
}

export function nextSteps(campaign: ResolvedCampaign, audience: Audience): string[] {
  const say = translator(audience.language);
  const { recipients } = audience;
  const people = peopleWords(say, { recipients, events: campaign.trigger?.events });
  return stepsAfter(campaign, audience.gate).map((step) => {
    const sentence = describe(step, { ...audience, people }, say);
    return step.if === undefined ? sentence : `${sentence} ${say('approval.next.condition')}`;
  });
}

/**
 * Messages that this gate lets out, in the order of the file: those of the steps behind it, or of the step whose checkpoint
 * asks. Each arm of a step is a message of its own, called `<step>.<arm>`.
 */
export function emailsAfter(campaign: ResolvedCampaign, gate: string): ResolvedStepOf<'email'>[] {
  const asking = campaign.steps.filter(({ id }) => gate.startsWith(`${id}.`));
  return [...asking, ...stepsAfter(campaign, gate)].filter((step) => step.kind === 'email').flatMap(messagesOf);
}

function messagesOf(step: ResolvedStepOf<'email'>): ResolvedStepOf<'email'>[] {
  const { arms, ...message } = step.email;
  if (!arms) return [step];
  return arms.map(({ name, share: _, sendTime: __, ...own }) => ({
    ...step,
    id: `${step.id}.${name}`,
    email: { ...message, ...own },
  }));
}

/** Steps that need the gate, through any number of others. */
function stepsAfter(campaign: ResolvedCampaign, gate: string): ResolvedStep[] {
  const after = new Set([gate]);
  let grown = 0;
  while (grown !== after.size) {
    grown = after.size;
    for (const { id, needs } of campaign.steps) if (needs.some((need) => after.has(need))) after.add(id);
  }
  return campaign.steps.filter(({ id }) => id !== gate && after.has(id));
}

interface Described extends Audience {
  /** How many, in words. */
  people: string;
}

function describe(step: ResolvedStep, { people, language, timeZone }: Described, say: Translator): string {
  switch (step.kind) {
    case 'email':
      return say('approval.next.email', { step: step.id, people });
    case 'promotion': {
      const { codes, worth, undo } = step.promotion;
      const terms = { step: step.id, people, worth: formatMoney(language, worth), undo };
      return codes === 'one-per-contact'
        ? say('approval.next.promotion', terms)
        : say('approval.next.promotionGeneric', { ...terms, code: codes.generic });
    }
    case 'loyalty': {
      const { award: points, program } = step.loyalty;
      return say('approval.next.loyalty', { step: step.id, points, program });
    }
    case 'gate':
      return say('approval.next.gate', { step: step.id, roles: formatList(language, step.gate.approvers) });
    case 'wait':
      return describeWait(step, { language, timeZone }, say);
    case 'experiment':
      return say('approval.next.experiment', { step: step.id, flag: step.experiment.flag });
    case 'checkpoint':
      return say('approval.next.checkpoint', { step: step.id, objective: step.checkpoint.when.forecast });
    case 'notify':
      return say('approval.next.notify', { step: step.id, to: formatList(language, step.notify.to) });
  }
}

function describeWait(
  { id: step, wait }: ResolvedStepOf<'wait'>,
  { language, timeZone }: Pick<Audience, 'language' | 'timeZone'>,
  say: Translator,
): string {
  if ('for' in wait) return say('approval.next.waitFor', { step, duration: formatDuration(language, wait.for) });
  if ('until' in wait)
    return say('approval.next.waitUntil', { step, moment: formatMoment(language, wait.until, timeZone) });
  if ('timeOfDay' in wait) return say('approval.next.waitTimeOfDay', { step, time: wait.timeOfDay });
  return say('approval.next.waitEvent', {
    step,
    events: wait.event.events.join(', '),
    duration: formatDuration(language, wait.event.timeout),
  });
}

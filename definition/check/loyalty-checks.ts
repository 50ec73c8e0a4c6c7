import { journeyConditionFaults } from '../journey-condition';
import type { Path } from '../source/place';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';
import { checkMoney } from './promotion-checks';
import { StepsGraph } from './steps-graph';

/** Loyalty programs, and steps that award points. */
export function checkLoyalty(context: CheckContext): void {
  const { authored } = context;
  if (authored.program) {
    checkAlone(context);
    checkSteps(context);
    checkProgram(context, authored.program);
  }
  const graph = new StepsGraph(authored);
  for (const placed of authored.steps) if (placed.step.loyalty) checkAward(context, placed, graph);
}

function checkAlone(context: CheckContext): void {
  const refused: [Path, string][] = [
    [['audience'], 'members are those whom events name'],
    [['trigger'], 'a program starts no journeys: its events do, in a campaign of their own'],
    [['schedule', 'cron'], 'a program stands open'],
  ];
  for (const [path, message] of refused)
    if (context.source.has(path)) remark(context, { rule: 'LOY-951', path, message, atKey: true });
}

/** People decide on the terms, and that is all a program does step by step. */
function checkSteps(context: CheckContext): void {
  const { steps, stepsComplete } = context.authored;
  for (const { step, path } of steps)
    if (!step.gate) remark(context, { rule: 'LOY-952', path, message: `step "${step.id}" is no gate` });
  if (stepsComplete && !steps.some(({ step }) => step.gate && step.if === undefined))
    remark(context, { rule: 'LOY-952', path: ['steps'], message: 'nobody approves the terms', atKey: true });
}

type AuthoredProgram = NonNullable<CheckContext['authored']['program']>;

function checkProgram(context: CheckContext, program: AuthoredProgram): void {
  const { earn, tiers, rewards, expiresAfter, expiryWarning } = program;
  for (const [part, entries] of Object.entries({ earn, tiers, rewards }))
    for (const [index, { id }] of entries.entries())
      if (entries.findIndex((other) => other.id === id) < index)
        remark(context, { rule: 'LOY-953', path: ['program', part, index, 'id'], message: `"${id}" is there twice` });
  for (const [index, rule] of earn.entries()) checkRule(context, rule, ['program', 'earn', index]);
  for (const [index, reward] of rewards.entries()) checkReward(context, reward, ['program', 'rewards', index]);
  for (const [index, { from, multiplier }] of tiers.entries()) {
    const below = tiers[index - 1];
    if (below && (from <= below.from || multiplier < below.multiplier))
      remark(context, {
        rule: 'LOY-956',
        path: ['program', 'tiers', index],
        message: `this tier is not above "${below.id}"`,
      });
  }
  if (expiryWarning !== undefined && (expiresAfter === undefined || expiryWarning >= expiresAfter))
    remark(context, {
      rule: 'LOY-957',
      path: ['program', 'expiryWarning'],
      message: expiresAfter === undefined ? 'points never expire' : 'points do not live longer than that',
    });
}

function checkRule(context: CheckContext, rule: AuthoredProgram['earn'][number], path: Path): void {
  if ((rule.points === undefined) === (rule.perUnit === undefined)) {
    const said = rule.points === undefined ? 'neither `points` nor `perUnit`' : 'both `points` and `perUnit`';
    remark(context, { rule: 'LOY-954', path: [...path, 'id'], message: `rule "${rule.id}" says ${said}` });
  }
  if (rule.where === undefined) return;
  for (const { message, start, end } of journeyConditionFaults(rule.where, { place: 'trigger' }))
    context.problems.add({
      rule: 'LOY-955',
      message,
      place: context.source.placeWithin([...path, 'where'], start, end),
    });
}

function checkReward(context: CheckContext, reward: AuthoredProgram['rewards'][number], path: Path): void {
  const { id, gift, storeCredit, promotion } = reward;
  const said = Object.entries({ gift, storeCredit, promotion }).flatMap(([key, value]) =>
    value ? [`\`${key}\``] : [],
  );
  if (said.length !== 1)
    remark(context, {
      rule: 'LOY-965',
      path: [...path, 'id'],
      message: `reward "${id}" says ${said.length === 0 ? 'nothing of what it is' : said.join(' and ')}`,
    });
  if (promotion) checkCode(context, promotion, [...path, 'promotion']);
  if (storeCredit) checkStoreCredit(context, storeCredit, [...path, 'storeCredit']);
}

type AuthoredReward = AuthoredProgram['rewards'][number];

function checkCode(context: CheckContext, promotion: NonNullable<AuthoredReward['promotion']>, path: Path): void {
  checkMoney(context, promotion, path);
  if (promotion.platform !== 'built-in')
    remark(context, {
      rule: 'LOY-967',
      path: [...path, 'platform'],
      message: `codes of rewards are used at the gateway, not at "${promotion.platform}"`,
    });
  const { perContact, perCode, total } = promotion.limits;
  const least = Math.min(perContact ?? perCode, total ?? perCode);
  if (least < perCode)
    remark(context, {
      rule: 'LOY-968',
      path: [...path, 'limits', 'perCode'],
      message: `a code may be used ${perCode} times, and the limits allow ${least}`,
    });
}

function checkStoreCredit(
  context: CheckContext,
  storeCredit: NonNullable<AuthoredReward['storeCredit']>,
  path: Path,
): void {
  const platforms = Object.entries(context.workspace.promotionPlatforms ?? {});
  const able = platforms.flatMap(([key, { kind }]) => (kind === 'medusa' ? [key] : []));
  if (able.includes(storeCredit.platform)) return;
  const meant = didYouMean(storeCredit.platform, able);
  remark(context, {
    rule: 'LOY-966',
    path: [...path, 'platform'],
    message: `"${storeCredit.platform}" in volante.yaml is no platform that keeps store credit`,
    fix: meant ? `did you mean "${meant}"?` : undefined,
  });
}

function checkAward(context: CheckContext, { step, path }: PlacedStep, graph: StepsGraph): void {
  const { authored } = context;
  const upstream = graph.upstream(step.id);
  const isApproved = authored.steps.some(
    (other) => other.step.gate && other.step.if === undefined && upstream.includes(other.step.id),
  );
  if (authored.stepsComplete && !isApproved)
    remark(context, {
      rule: 'LOY-958',
      path: [...path, 'loyalty'],
      message: `step "${step.id}" would give points without anybody's approval`,
    });
  if (authored.trigger && step.loyalty?.to === 'buyers')
    remark(context, { rule: 'LOY-959', path: [...path, 'loyalty', 'to'], message: 'a journey has one member' });
}

/** A plan for people: how far it reaches first, details when asked for. */
import type { Change } from '../definition/diff';
import type { PlannedAmendment } from '../definition/plan-amendment';
import type {
  InvalidCampaign,
  PlanDocument,
  PlannedCampaign,
  PlannedExperiment,
  PlannedProgram,
  PlannedPromotion,
  PlannedStage,
} from '../definition/plan-document';
import type { Money } from '../definition/resolved';
import { writeDuration } from '../definition/written/duration';
import { writeMoney } from '../definition/written/money';
import { writePercentage } from '../definition/written/percentage';
import type { Colors } from './terminal';
import { triggerLines } from './trigger-text';

export interface PlanStyle {
  colors: Colors;
  full: boolean;
}

/** Length of a hash as people type it. */
export const shortHash = 12;

export function renderPlan(plan: PlanDocument, style: PlanStyle): string {
  const campaigns = plan.campaigns.map((campaign) =>
    campaign.action === 'invalid' ? invalidText(campaign, style) : campaignText(campaign, style),
  );
  return [...campaigns, summaryText(plan, style)].join('\n\n');
}

const signs = { launch: '+', change: '~', amend: '~', refused: '!', none: '=', invalid: '!' } as const;

function invalidText({ file, id, problems }: InvalidCampaign, { colors }: PlanStyle): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return colors.red(
    `${signs.invalid} ${id ?? file}  cannot be planned: ${errors} ${errors === 1 ? 'error' : 'errors'}`,
  );
}

function campaignText(campaign: PlannedCampaign, style: PlanStyle): string {
  const { colors, full } = style;
  if (campaign.alreadyRun) {
    const { runId, phase } = campaign.alreadyRun;
    return `${signs.none} ${campaign.id}  ${colors.dim(`this revision ran already: ${runId} (${phase}); applying starts nothing`)}`;
  }
  if (campaign.amendment) return amendmentText(campaign, campaign.amendment, style);
  const paint = campaign.action === 'launch' ? colors.green : colors.yellow;
  const lines = [
    ...(campaign.trigger ? triggerLines(campaign.trigger, campaign.underWay) : [['people', peopleText(campaign)]]),
    ...(campaign.program ? programLines(campaign.program) : []),
    [
      'cost',
      campaign.cost.length > 0 ? `at most ${moneyText(campaign.cost)}${perRun(campaign)}` : 'free, or no price is set',
    ],
    ['when', whenText(campaign)],
    ...campaign.deliveries.flatMap((delivery) => [
      [delivery.step, deliveryText(campaign, delivery)],
      ...(delivery.rollout ?? []).map((stage) => ['', stageText(stage)]),
    ]),
    ...(campaign.experiments ?? []).flatMap(experimentLines),
    ...(campaign.promotions ?? []).map(promotionLine),
    ...campaign.gates.map((gate) => [
      gate.step,
      `gate: ${gate.quorum} of ${gate.approvers.join(', ')} within ${writeDuration(gate.expires)}, else ${gate.onExpiry}`,
    ]),
    ['for good', campaign.irreversible.map(({ step, what }) => `${step}: ${what}`).join('; ') || 'nothing'],
    ...campaign.collisions.map((collision) => ['collides', collisionText(collision)]),
    ...changeLines(campaign, full),
    ...(full ? fullLines(campaign) : []),
  ];
  const width = Math.max(...lines.map(([label = '']) => label.length));
  return [
    `${paint(colors.bold(`${signs[campaign.action]} ${campaign.id}`))}  ${campaign.name}`,
    ...lines.map(([label = '', value]) => `    ${colors.dim(label.padEnd(width))}  ${value}`),
  ].join('\n');
}

const mostChanges = 8;

function amendmentText(campaign: PlannedCampaign, amendment: PlannedAmendment, { colors, full }: PlanStyle): string {
  const { runId, phase, voids, refused } = amendment;
  const changes = amendment.changes ?? [];
  const shown = full ? changes : changes.filter(({ cosmetic }) => !cosmetic).slice(0, mostChanges);
  const hidden = changes.length - shown.length;
  const paint = refused.length > 0 ? colors.red : colors.yellow;
  return [
    `${paint(colors.bold(`${signs[campaign.action]} ${campaign.id}`))}  ${refused.length > 0 ? 'cannot be amended' : 'amends'} ${runId} (${phase})`,
    ...shown.flatMap((change) => [
      `    ${changeText(change)}`,
      `      ${colors.dim(`${change.rule}: ${change.says}`)}`,
    ]),
    ...(hidden > 0 ? [`    and ${hidden} more (--full)`] : []),
    ...(amendment.changes ? [] : ['    the run does not answer: nobody can say what has begun']),
    ...(voids.length > 0 ? [`    to be approved again: ${voids.join(', ')}`] : []),
  ].join('\n');
}

function stageText(stage: PlannedStage): string {
  if ('wave' in stage) return `wave ${stage.wave}: ${number(stage.recipients)} people, not to be called back`;
  const decide = Object.entries(stage.decide).map(([state, action]) => `${state} → ${action}`);
  return `checkpoint ${stage.checkpoint}: ${decide.join('; ')}`;
}

function programLines({ members, active, pending, pointValue, owed, owedThen, codes }: PlannedProgram): string[][] {
  const then = owedThen ? `, and ${writeMoney(owedThen)} at what this file says a point is worth` : '';
  return [
    [
      'owed now',
      `${writeMoney(owed)} to ${number(members)} members, for ${number(active)} points and ${number(pending)} pending ones` +
        ` at ${writeMoney(pointValue)}${then}`,
    ],
    ...(codes
      ? [
          [
            '',
            `${number(codes.given)} codes were given for points; what of them is not used stays valid` +
              (codes.reserved.length > 0 ? `, at most ${moneyText(codes.reserved)}` : ''),
          ],
        ]
      : []),
  ];
}

function promotionLine({ step, points, line, worth, asked, atMost, without, pace }: PlannedPromotion): string[] {
  if (points !== undefined) {
    const short = asked.micros > atMost.micros ? ` (${writeMoney(asked)} would be asked)` : '';
    return [
      step,
      `a code for ${number(points)} points, worth ${writeMoney(worth)} a use at most; ${writeMoney(atMost)} of line ${line} at most${short}`,
    ];
  }
  const short =
    without > 0 ? `; line ${line} cannot pay for ${number(without)} of them (${writeMoney(asked)} in all)` : '';
  return [
    step,
    `codes worth ${writeMoney(worth)} a use at most, ${writeMoney(atMost)} of line ${line} reserved${short}${pace ? paceText(pace) : ''}`,
  ];
}

function paceText({ amount, per, takes }: NonNullable<PlannedPromotion['pace']>): string {
  const time =
    takes > 0 ? `issuing to everybody takes ${writeDuration(takes)} at least` : 'enough for everybody at once';
  return `; ${writeMoney(amount)} within ${writeDuration(per)} at most: ${time}`;
}

function experimentLines({ step, goal, method, arms, alpha, power }: PlannedExperiment): string[][] {
  const shares = Object.entries(arms).map(([arm, share]) => `${arm} ${writePercentage(share)}`);
  return [
    [step, `experiment to ${goal}, ${method}: ${shares.join(', ')}; error at most ${writePercentage(alpha)}`],
    ...power.map(({ metric, effect, power: chance, recipientsNeeded }) => [
      '',
      `finds a difference of ${writePercentage(effect)} in ${metric} with probability ${writePercentage(chance)}` +
        ` (${number(recipientsNeeded)} people an arm would be needed for what the file asks)`,
    ]),
  ];
}

function peopleText({ audience }: PlannedCampaign): string {
  const others = [
    [audience.heldOut, 'held out'],
    [audience.suppressed, 'suppressed'],
    [audience.unconsented, 'without consent'],
    [audience.capped, 'over the frequency cap'],
  ] as const;
  const reasons = others.filter(([count]) => count > 0).map(([count, why]) => `${number(count)} ${why}`);
  const undecidable =
    audience.undecidable > 0
      ? [`${number(audience.undecidable)} not decidable: ${audience.undecidableReason ?? ''}`]
      : [];
  const rest = [...reasons, ...undecidable].join(', ');
  return `${number(audience.reachable)} of ${number(audience.targeted)} targeted${rest ? ` (${rest})` : ''}`;
}

function whenText({ window }: PlannedCampaign): string {
  const begin =
    window.cron.length > 0
      ? `cron ${window.cron.join('; ')}`
      : (window.start ?? 'as soon as it is applied and approved');
  const end = window.end ? ` until ${window.end}` : '';
  const quiet = window.quietHours
    ? `; nothing from ${window.quietHours.from} to ${window.quietHours.to} in each recipient's zone`
    : '';
  return `${begin}${end} (${window.timezone})${quiet}`;
}

function deliveryText({ trigger }: PlannedCampaign, delivery: PlannedCampaign['deliveries'][number]): string {
  if (trigger) return `e-mail to the contact over ${delivery.platform}`;
  return `e-mail to ${number(delivery.recipients)} over ${delivery.platform}${durationText(delivery)}`;
}

function durationText({ ratePerSecond, seconds }: PlannedCampaign['deliveries'][number]): string {
  if (ratePerSecond === undefined || seconds === undefined) return ', no rate limit set';
  return `, ${writeDuration(Math.max(1, seconds) * 1000)} at ${number(ratePerSecond)}/s`;
}

function perRun({ window, trigger }: PlannedCampaign): string {
  if (trigger) return ' a journey';
  return window.cron.length > 0 ? ' a run' : '';
}

function collisionText({
  runId,
  phase,
  sharedMembers,
  sharedPlatforms,
}: PlannedCampaign['collisions'][number]): string {
  const shared = [
    ...(sharedMembers > 0 ? [`${number(sharedMembers)} of the same people`] : []),
    ...(sharedPlatforms.length > 0 ? [`the same ${sharedPlatforms.join(', ')}`] : []),
  ];
  return `${runId} (${phase}): ${shared.join(', ')}`;
}

function changeLines({ changes, appliedRun }: PlannedCampaign, full: boolean): string[][] {
  if (!appliedRun) return [];
  const shown = full ? changes : changes.filter(({ cosmetic }) => !cosmetic).slice(0, 8);
  const hidden = changes.length - shown.length;
  return [
    ['since', `${appliedRun.runId}: ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`],
    ...shown.map((change) => ['', changeText(change)]),
    ...(hidden > 0 ? [['', `and ${hidden} more (--full)`]] : []),
  ];
}

/** One change on a line: added, removed, or from what to what. */
export function changeText({ kind, path, before, after }: Pick<Change, 'kind' | 'path' | 'before' | 'after'>): string {
  if (kind === 'added') return `+ ${path}: ${valueText(after)}`;
  if (kind === 'removed') return `- ${path}: ${valueText(before)}`;
  return `~ ${path}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function fullLines({ revision, planHash, audience, window, file, warnings }: PlannedCampaign): string[][] {
  const share = (count: number) => (audience.targeted > 0 ? writePercentage(count / audience.targeted) : '0%');
  return [
    ['file', file],
    ['revision', revision],
    ['plan hash', planHash],
    ['audience', audience.checksum],
    ['late', `asks when more than ${writeDuration(window.maxLateness)} late`],
    ...audience.timeZones.map(({ zone, count }) => ['zone', `${zone}: ${number(count)} (${share(count)})`]),
    ...warnings.map(({ rule, message }) => ['warning', `${rule} ${message}`]),
  ];
}

function summaryText({ summary, hash }: PlanDocument, { colors }: PlanStyle): string {
  const { launch, change, amend, refused, none, invalid, recipients, irreversibleSteps, cost } = summary;
  const actions = [
    `${launch} to launch`,
    `${change + amend} to change`,
    ...(refused > 0 ? [`${refused} that cannot be changed now`] : []),
    ...(none > 0 ? [`${none} as applied`] : []),
    ...(invalid > 0 ? [`${invalid} invalid`] : []),
  ].join(', ');
  const money = cost.length > 0 ? `, at most ${moneyText(cost)}` : '';
  return `${colors.bold(`Plan ${hash.slice(0, shortHash)}`)}: ${actions}. ${number(recipients)} messages a step${money}. Irreversible steps: ${irreversibleSteps}.`;
}

function moneyText(amounts: readonly Money[]): string {
  return amounts.map(writeMoney).join(' + ');
}

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

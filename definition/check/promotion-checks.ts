import { type AuthoredTerms, worthOf } from '../resolve-promotion';
import type { AuthoredStep } from '../schema/campaign';
import type { CampaignFile } from '../source/folder';
import type { Path } from '../source/place';
import { writeDuration } from '../written/duration';
import { writeMoney } from '../written/money';
import { type CheckContext, remark } from './context';
import { didYouMean } from './did-you-mean';
import { StepsGraph } from './steps-graph';

type Promotion = NonNullable<AuthoredStep['promotion']>;

/** Promotions: what they cost at most is known, a line pays, and messages show codes only where there are some. */
export function checkPromotions(context: CheckContext, files: ReadonlyMap<string, CampaignFile>): void {
  const graph = new StepsGraph(context.authored);
  for (const { step, path } of context.authored.steps) {
    if (step.promotion) checkPromotion(context, step.promotion, [...path, 'promotion']);
    if (step.email && context.authored.stepsComplete)
      checkCodesShown(context, { step, path, files, upstream: graph.upstream(step.id) });
  }
}

function checkPromotion(context: CheckContext, promotion: Promotion, path: Path): void {
  checkMoney(context, promotion, path);
  checkCodes(context, promotion, path);
  checkPlatform(context, promotion, path);
}

/** What a use costs at most is known, and a line pays it. */
export function checkMoney(context: CheckContext, promotion: AuthoredTerms, path: Path): void {
  checkWorth(context, promotion, path);
  checkLine(context, promotion, path);
  checkPace(context, promotion, path);
}

/** What is reserved at once fits into what the line may reserve within its window: else nothing ever would. */
function checkPace(context: CheckContext, promotion: AuthoredTerms, path: Path): void {
  const pace = context.authored.budget?.pacing?.[promotion.budget];
  const worth = worthOf(promotion);
  if (!pace || !worth || pace.amount.currency !== worth.currency) return;
  const isForAll = 'codes' in promotion && promotion.codes !== 'one-per-contact';
  const uses = isForAll ? (promotion.limits.total ?? 1) : promotion.limits.perCode;
  if (uses * worth.micros <= pace.amount.micros) return;
  remark(context, {
    rule: 'PROMO-909',
    path: [...path, 'budget'],
    message: `a code reserves ${writeMoney({ ...worth, micros: uses * worth.micros })}, and line "${promotion.budget}" may reserve ${writeMoney(pace.amount)} in ${writeDuration(pace.per)}`,
  });
}

function checkWorth(context: CheckContext, promotion: AuthoredTerms, path: Path): void {
  if (!worthOf(promotion))
    remark(context, {
      rule: 'PROMO-902',
      path: [...path, 'discount'],
      message: 'nothing says what one use costs at most',
    });
  const isShare = !('gift' in promotion.discount) && promotion.discount.kind === 'percent';
  if (promotion.maxDiscount && !isShare)
    remark(context, {
      rule: 'PROMO-902',
      path: [...path, 'maxDiscount'],
      message: 'only a share of the basket has a largest discount',
      fix: 'leave it out, or write `worth`',
    });
}

function checkLine(context: CheckContext, promotion: AuthoredTerms, path: Path): void {
  const { budget } = context.authored;
  const lines = Object.keys(budget?.lines ?? {});
  const line = budget?.lines[promotion.budget];
  if (!line) {
    const meant = didYouMean(promotion.budget, lines);
    remark(context, {
      rule: 'PROMO-903',
      path: [...path, 'budget'],
      message: budget ? `the budget has no line "${promotion.budget}"` : 'this campaign has no budget',
      fix: meant ? `did you mean "${meant}"?` : undefined,
    });
    return;
  }
  const { discount, worth, maxDiscount, minimumBasket } = promotion;
  const amount = !('gift' in discount) && discount.kind === 'amount' ? discount.amount : undefined;
  for (const [key, money] of Object.entries({ discount: amount, worth, maxDiscount, minimumBasket }))
    if (money && money.currency !== line.currency)
      remark(context, {
        rule: 'PROMO-903',
        path: [...path, key],
        message: `this is in ${money.currency}, the budget in ${line.currency}`,
        fix: `write it in ${line.currency}`,
      });
}

function checkCodes(context: CheckContext, { codes, limits }: Promotion, path: Path): void {
  if (codes === 'one-per-contact') return;
  const at = [...path, 'codes'];
  if (!/^[A-Za-z0-9](?:-?[A-Za-z0-9]){2,39}$/.test(codes.generic))
    remark(context, {
      rule: 'PROMO-904',
      path: [...at, 'generic'],
      message: `"${codes.generic}" is no code: letters, digits and hyphens, three at least`,
    });
  if (limits.total === undefined)
    remark(context, {
      rule: 'PROMO-904',
      path: at,
      message: 'a code for all needs `limits.total`: without it nobody knows what it costs',
      atKey: true,
    });
}

const outsideDiscounts = {
  stripe: ['percent', 'amount'],
  shopify: ['percent', 'amount'],
  medusa: ['percent', 'amount', 'free-shipping'],
};

function checkPlatform(context: CheckContext, promotion: Promotion, path: Path): void {
  const { platform, discount, maxDiscount } = promotion;
  if (platform === 'built-in') return;
  const platforms = context.workspace.promotionPlatforms ?? {};
  const known = Object.keys(platforms);
  const config = platforms[platform];
  if (!config) {
    const meant = didYouMean(platform, ['built-in', ...known]);
    remark(context, {
      rule: 'REF-102',
      path: [...path, 'platform'],
      message: `there is no promotion platform "${platform}" in volante.yaml`,
      fix: meant ? `did you mean "${meant}"?` : `known: ${['built-in', ...known].join(', ')}`,
    });
    return;
  }
  const kind = 'gift' in discount ? 'gift' : discount.kind;
  if (maxDiscount || !outsideDiscounts[config.kind].includes(kind))
    remark(context, {
      rule: 'PROMO-906',
      path: [...path, maxDiscount ? 'maxDiscount' : 'discount'],
      message: maxDiscount ? `"${platform}" has no largest discount` : `"${platform}" has no ${kind}`,
    });
  if (config.kind === 'medusa') checkMedusaTerms(context, promotion, path);
}

/** Medusa lets a basket combine codes, and ends a code with its campaign only. */
function checkMedusaTerms(context: CheckContext, { platform, stacking, validUntil }: Promotion, path: Path): void {
  if (stacking === 'alone')
    remark(context, {
      rule: 'PROMO-908',
      path,
      message: `"${platform}" lets a basket use it together with other codes`,
      fix: 'write stacking: with-others',
    });
  if (validUntil?.kind === 'for')
    remark(context, {
      rule: 'PROMO-908',
      path: [...path, 'validUntil'],
      message: `"${platform}" ends all codes of a step at one moment`,
      fix: 'write a local date and time, or `end`',
    });
}

interface Shown {
  step: AuthoredStep;
  path: Path;
  files: ReadonlyMap<string, CampaignFile>;
  upstream: string[];
}

/** Liquid that names `promotion`, or one step's codes as `promotions.<step>` or `promotions["<step>"]`. */
const shownCodes =
  /\{[{%](?:(?![%}]\}).)*?\bpromotion(?:s(?:\.([a-z0-9_]+)|\[\s*["']([^"']+)["']\s*\]))?\s*(?=[.[\s}|])/gs;

function checkCodesShown(context: CheckContext, { step, path, files, upstream }: Shown): void {
  const before = context.authored.steps.filter(({ step: other }) => other.promotion && upstream.includes(other.id));
  const ids = before.map(({ step: other }) => other.id);
  for (const { at, content } of textsOf(step, path, files)) {
    for (const [, dotted, quoted] of content.matchAll(shownCodes)) {
      const named = dotted ?? quoted;
      if (named === undefined ? ids.length > 0 : ids.includes(named)) continue;
      remark(context, {
        rule: 'PROMO-905',
        path: at,
        message:
          named === undefined
            ? `"${step.id}" shows a code, but no promotion step comes before it`
            : `"${step.id}" shows a code of "${named}", which is no promotion step before it`,
      });
      break;
    }
  }
}

function textsOf({ email }: AuthoredStep, path: Path, files: Shown['files']): { at: Path; content: string }[] {
  if (!email) return [];
  const messages = [
    { fields: email, at: [...path, 'email'] },
    ...Object.entries(email.arms ?? {}).map(([name, arm]) => ({ fields: arm, at: [...path, 'email', 'arms', name] })),
  ];
  return messages.flatMap(({ fields, at }) => {
    const lines = (['subject', 'preheader'] as const).map((key) => ({ key, content: fields[key] }));
    const parts = (['template', 'text'] as const).map((key) => ({
      key,
      content: fields[key] === undefined ? undefined : files.get(fields[key])?.content.toString('utf8'),
    }));
    return [...lines, ...parts].flatMap(({ key, content }) =>
      content === undefined ? [] : [{ at: [...at, key], content }],
    );
  });
}

import type { Rule } from './rule';

const gate = '  - id: content\n    gate: { approvers: [marketing] }\n';
const budget = 'budget: { total: 3000 EUR, lines: { promotion: 2500 EUR } }\n';
const step = (fields: string) => `  - id: codes\n    promotion: { ${fields} }`;
const right = 'discount: 15%, maxDiscount: 20 EUR, budget: promotion';
const promotion = (fields: string) => `${budget}steps:\n${gate}${step(fields)}`;
const offer = '\n  - id: offer\n    email: { template: offer.html, subject: "{{ promotion.code }}" }';

const paced = (amount: string) =>
  `${budget.replace(' } }', ` }, pacing: { promotion: { amount: ${amount}, per: 1d } } }`)}steps:\n${gate}${step(right)}`;

/** PROMO: codes that are worth money. */
export const promotionRules: readonly Rule[] = [
  {
    id: 'PROMO-901',
    severity: 'error',
    title: 'discount cannot be read',
    why: 'shops and customers must get the same',
    fix: 'write 15%, 5 EUR, two-for-one, free-shipping or { gift: SKU-1 }',
    example: { fail: promotion('discount: much, budget: promotion'), pass: promotion(right) },
  },
  {
    id: 'PROMO-902',
    severity: 'error',
    title: 'nothing says what one use costs at most',
    why: 'the worst case of every code is reserved before anybody has it, so that a budget is never exceeded',
    fix: 'write maxDiscount for a share of the basket, or `worth`',
    example: { fail: promotion('discount: 15%, budget: promotion'), pass: promotion(right) },
  },
  {
    id: 'PROMO-903',
    severity: 'error',
    title: 'no line of the budget pays for it',
    why: 'codes are money: they come out of a line of the budget, in its currency',
    fix: 'name a line of `budget.lines`',
    example: {
      fail: promotion('discount: 15%, maxDiscount: 20 EUR, budget: promotions'),
      pass: promotion(right),
    },
  },
  {
    id: 'PROMO-904',
    severity: 'error',
    title: 'code for all is not complete',
    why: 'everybody may use it: without a limit nobody knows what it costs',
    fix: 'write letters, digits and hyphens, and limits: { total: 500 }',
    example: {
      fail: promotion('discount: 5 EUR, codes: { generic: PRIMAVERA }, budget: promotion'),
      pass: promotion('discount: 5 EUR, codes: { generic: PRIMAVERA }, limits: { total: 500 }, budget: promotion'),
    },
  },
  {
    id: 'PROMO-905',
    severity: 'error',
    title: 'message shows a code that nobody has',
    why: 'who has no code gets no message that shows one: without a promotion step before it, that would be everybody',
    fix: 'put the promotion step before the message, or name it in `needs`',
    example: { fail: `${budget}steps:\n${gate.trimEnd()}${offer}`, pass: `${promotion(right)}${offer}` },
  },
  {
    id: 'PROMO-906',
    severity: 'error',
    title: 'platform does not have this discount',
    why: 'Stripe and Shopify know shares and amounts, Medusa also free shipping, all without a largest discount; a code would be worth more there than here',
    fix: 'write `worth` in place of maxDiscount, another discount, or platform: built-in',
    example: {
      fail: promotion('discount: 15%, maxDiscount: 20 EUR, budget: promotion, platform: pay'),
      pass: promotion('discount: 15%, worth: 20 EUR, budget: promotion, platform: pay'),
    },
  },
  {
    id: 'PROMO-907',
    severity: 'error',
    title: 'codes end before they count',
    why: 'nobody could ever use one',
    fix: 'correct validFrom or validUntil',
    example: {
      fail: promotion(`${right}, validFrom: 2099-05-01T00:00, validUntil: 2099-04-01T00:00`),
      pass: promotion(`${right}, validFrom: 2099-04-01T00:00, validUntil: 2099-05-01T00:00`),
    },
  },
  {
    id: 'PROMO-908',
    severity: 'error',
    title: 'platform cannot keep these terms',
    why: 'what a file promises holds at the checkout too: Medusa combines codes, and ends a code with its campaign only',
    fix: 'write stacking: with-others and a date in validUntil, or platform: built-in',
    example: {
      fail: promotion('discount: 5 EUR, budget: promotion, platform: shop'),
      pass: promotion('discount: 5 EUR, budget: promotion, platform: shop, stacking: with-others'),
    },
  },
  {
    id: 'PROMO-909',
    severity: 'error',
    title: 'pace of the line pays for no code',
    why: 'the worst case of a code is reserved at once, of a code for all that of all its uses: a line that may never reserve so much would wait for ever',
    fix: 'raise the amount of budget.pacing, or lower what a code may cost',
    example: {
      fail: paced('10 EUR'),
      pass: paced('200 EUR'),
    },
  },
];

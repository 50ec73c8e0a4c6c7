import type { Rule } from './rule';

const head = 'id: club\nname: Club\nowner: ana\n';
const gate = '  - id: terms\n    gate: { approvers: [marketing, ops], quorum: 1 }\n';
const purchases = '{ id: purchases, on: order.paid, perUnit: 1 }';

/** A whole program: keys besides it, its own keys, and its steps. */
const program = (given: { keys?: string; earn?: string; more?: string; steps?: string }) =>
  `${head}${given.keys ?? ''}program:\n  pointValue: 0.01 EUR\n  earn: [${given.earn ?? purchases}]\n${given.more ?? ''}` +
  `steps:\n${given.steps ?? gate}`;

const example = (fail: Parameters<typeof program>[0], pass: Parameters<typeof program>[0] = {}) => ({
  whole: true,
  fail: program(fail),
  pass: program(pass),
});

const bonus = '  - id: bonus\n    loyalty: { program: club, award: 50 }\n';
const letter = '  - id: letter\n    email: { template: offer.html, subject: Hello }\n';
const journey = (to: string) =>
  `id: welcome\nname: Welcome\nowner: ana\ntrigger: { event: contact.created }\nsteps:\n${gate}${letter}` +
  `  - id: bonus\n    loyalty: { program: club, award: 50, to: ${to} }\n`;

const codeReward = (fail: string, pass: string) => {
  const given = (said: string) => ({
    keys: 'budget: { total: 500 EUR, lines: { promotion: 500 EUR } }\n',
    more: `  rewards: [{ id: five, cost: 500, promotion: { discount: 5 EUR, budget: promotion${said && `, ${said}`} } }]\n`,
  });
  return example(given(fail), given(pass));
};

/** LOY: points. */
export const loyaltyRules: readonly Rule[] = [
  {
    id: 'LOY-951',
    severity: 'error',
    title: 'a loyalty program has no audience, trigger or cron',
    why: 'it stands open for whomever events name, until it ends',
    fix: 'leave the key out; send mails from campaigns of their own',
    example: example({ keys: 'audience: { from: contacts }\n' }),
  },
  {
    id: 'LOY-952',
    severity: 'error',
    title: 'a loyalty program has gates and no other steps',
    why: 'its terms are promises worth money: people decide on them once, and then events do the rest',
    fix: 'write one gate or several; do everything else in campaigns of their own',
    example: example({ steps: '  - id: rest\n    wait: { for: 1h }\n' }),
  },
  {
    id: 'LOY-953',
    severity: 'error',
    title: 'two of a program have the same name',
    why: 'the books tell rules, tiers and rewards apart by their names',
    fix: 'give each its own id',
    example: example({ earn: `${purchases}, ${purchases}` }),
  },
  {
    id: 'LOY-954',
    severity: 'error',
    title: 'a rule gives points by the event or by the amount',
    why: 'with both or neither, nobody knows what an event earns',
    fix: 'write one of `points` and `perUnit`',
    example: example({ earn: '{ id: purchases, on: order.paid }' }),
  },
  {
    id: 'LOY-955',
    severity: 'error',
    title: 'condition of an earn rule is wrong',
    why: 'it must be a CEL condition that is true or false, over `event` and `contact` without personal data',
    fix: 'compare fields of `event.data` or attributes of `contact`',
    example: example(
      { earn: '{ id: purchases, on: order.paid, points: 5, where: "run.members > 1" }' },
      { earn: '{ id: purchases, on: order.paid, points: 5, where: "event.data.total > 1" }' },
    ),
  },
  {
    id: 'LOY-956',
    severity: 'error',
    title: 'tiers do not rise',
    why: 'a member has the highest tier that the points reach; each must ask for more than the one before and give no less',
    fix: 'order them from the lowest to the highest',
    example: example(
      { more: '  tiers: [{ id: gold, from: 500, period: 365d }, { id: silver, from: 100, period: 365d }]\n' },
      { more: '  tiers: [{ id: silver, from: 100, period: 365d }, { id: gold, from: 500, period: 365d }]\n' },
    ),
  },
  {
    id: 'LOY-957',
    severity: 'error',
    title: 'warning of expiry without an expiry',
    why: 'a warning must come while the points are there, and before they expire',
    fix: 'write `expiresAfter`, longer than the warning',
    example: example({ more: '  expiryWarning: 30d\n' }, { more: '  expiresAfter: 365d\n  expiryWarning: 30d\n' }),
  },
  {
    id: 'LOY-958',
    severity: 'error',
    title: 'points without approval',
    why: 'points are money that the shop owes: somebody other than the author decides first',
    fix: 'put a gate without `if` before it',
    example: { fail: `steps:\n${bonus}${gate}${letter}`, pass: `steps:\n${gate}${bonus}${letter}` },
  },
  {
    id: 'LOY-959',
    severity: 'error',
    title: 'buyers of a journey',
    why: 'a journey is about one contact; its trigger and conditions say for whom it is',
    fix: 'leave `to` out, and start the journey by what buyers do',
    example: { whole: true, fail: journey('buyers'), pass: journey('all') },
  },
  {
    id: 'LOY-965',
    severity: 'error',
    title: 'a reward is one thing',
    why: 'whoever spends points must know what they get',
    fix: 'write one of `gift`, `storeCredit` and `promotion`',
    example: example(
      { more: '  rewards: [{ id: mug, cost: 500 }]\n' },
      { more: '  rewards: [{ id: mug, cost: 500, gift: MUG-1 }]\n' },
    ),
  },
  {
    id: 'LOY-966',
    severity: 'error',
    title: 'platform keeps no store credit',
    why: 'the credit would never come, and the points would be gone until somebody notices',
    fix: 'name a Medusa shop under `platforms` in volante.yaml',
    example: example(
      { more: '  rewards: [{ id: credit, cost: 500, storeCredit: { amount: 5 EUR, platform: pay } }]\n' },
      { more: '  rewards: [{ id: credit, cost: 500, storeCredit: { amount: 5 EUR, platform: shop } }]\n' },
    ),
  },
  {
    id: 'LOY-967',
    severity: 'error',
    title: 'codes of rewards are used at the gateway only',
    why: 'code and points change hands in one transaction, and the code goes back with the points unless it was used: no platform outside can promise that',
    fix: 'leave `platform` out, and let the shop ask the gateway; or give `storeCredit`',
    example: codeReward('platform: pay', ''),
  },
  {
    id: 'LOY-968',
    severity: 'error',
    title: 'code of a reward that could not be used up',
    why: 'a member pays points for every use that the code promises',
    fix: 'let `perContact` and `total` be `perCode` at least',
    example: codeReward('limits: { perCode: 3, perContact: 2 }', 'limits: { perCode: 3, perContact: 6 }'),
  },
];

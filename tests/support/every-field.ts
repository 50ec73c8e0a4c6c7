/** Campaign files that together say every word of the schema, and another value for each word. */

export const folderFiles: Record<string, string> = {
  'offer.html': '<!doctype html><html lang="es"><head><title>Hola</title></head><body><p>Hola</p></body></html>\n',
  'other.html': '<!doctype html><html lang="es"><head><title>Otra</title></head><body><p>Otra</p></body></html>\n',
  'offer.txt': 'Hola\n',
  'other.txt': 'Otra\n',
  'people.csv': 'email\nana@shop.example\n',
  'margin.sql': 'select 1\n',
  'other.sql': 'select 2\n',
};

export const volanteYaml = `environment: test
people:
  ana: { name: Ana, email: ana@shop.example, roles: [marketing], locale: es }
  bruno: { name: Bruno, email: bruno@shop.example, roles: [marketing, legal], locale: en }
  luis: { name: Luis, email: luis@shop.example, roles: [ops], timezone: Europe/Lisbon }
senders:
  shop: { name: La Tienda, address: hola@shop.example, postalAddress: 'Calle Mayor 1, 28013 Madrid, Spain' }
  outlet: { name: Outlet, address: outlet@shop.example, postalAddress: 'Calle Mayor 1, 28013 Madrid, Spain' }
platforms:
  mail: { smtp: { url: env://SMTP_URL, costPerMessage: 0.0009 EUR } }
  bulk: { smtp: { url: env://SMTP_URL, costPerMessage: 0.0008 EUR } }
  flags: { unleash: { url: env://UNLEASH_URL, token: secret://UNLEASH_TOKEN } }
  colors: { unleash: { url: env://UNLEASH_URL, token: secret://UNLEASH_TOKEN } }
  pay: { stripe: { key: secret://STRIPE_KEY } }
  shop: { medusa: { token: secret://MEDUSA_KEY, url: https://medusa.shop.example } }
  store: { medusa: { token: secret://MEDUSA_KEY, url: https://store.shop.example } }
sources:
  shop: { events: { secret: secret://SHOP_EVENTS } }
  till: { events: { secret: secret://TILL_EVENTS } }
  warehouse: { sql: { url: secret://WAREHOUSE_URL } }
  lake: { sql: { url: secret://LAKE_URL } }
team: { sender: shop, platform: mail }
defaults: { sender: shop, platform: mail, locale: es, timezone: Europe/Madrid }
`;

const gate = {
  id: 'content',
  gate: {
    approvers: ['marketing'],
    quorum: 2,
    expires: '3d',
    onExpiry: 'escalate',
    escalateTo: ['ops'],
    question: 'All right?',
  },
};
const hold = { approvers: ['marketing'], quorum: 2, expires: '1d', onExpiry: 'pause', onReject: 'end-early' };
const checkpoint = {
  id: 'canary',
  after: { minRecipients: 100, minEvents: 10, minTime: '3h', maturity: '50%', event: 'stock', timeout: '20d' },
  quality: {
    srm: '0.2%',
    srmMethod: 'sequential',
    multipleExposure: '1%',
    mustHaveData: true,
    minUnits: 50,
    minEvents: 5,
  },
  requireGuardrails: 'not-failed',
  decide: { pass: 'promote-winner', fail: 'abort', invalid: 'hold', error: 'hold', inconclusive: 'promote-control' },
  hold,
};
const rules = {
  goal: 'learn',
  method: 'group-sequential',
  spending: 'power(3)',
  alpha: '4%',
  alphaAbort: '2%',
  power: '85%',
  minEffect: '9%',
  maxRecipients: 1000,
  salt: 'winter',
  floor: '4%',
};

/** One message in two variants, codes, and everything that many people at once can have. */
const bulk = {
  id: 'winter-sale',
  name: 'Winter sale',
  owner: 'ana',
  story: { as: 'a customer', want: 'a coat', so: 'I am warm' },
  locale: 'en',
  audience: { from: 'contacts', where: 'contact.orders > 1', holdout: '5%' },
  schedule: {
    start: '2099-01-10T10:00',
    end: '2099-03-30T23:59',
    timezone: 'Europe/Madrid',
    quietHours: '22:00-08:00',
    maxLateness: '1h',
    catchupWindow: '20m',
  },
  objectives: [
    { id: 'money', metric: 'revenue', target: '9000 EUR', by: '2099-03-01T10:00' },
    { id: 'visits', metric: 'click', target: '300', by: '2099-03-01T10:00' },
  ],
  budget: {
    total: '5000 EUR',
    lines: { promotion: '3000 EUR', ads: '900 EUR' },
    pacing: { ads: { amount: '300 EUR', per: '7d' } },
  },
  metrics: [
    { name: 'click', role: 'success', kind: 'proportion', window: '2d', goodDirection: 'up', alpha: '2%', usual: '6%' },
    {
      name: 'visits',
      role: 'observe',
      kind: 'ratio',
      event: 'clicked',
      per: 'delivered',
      steps: ['offer'],
      max: '0.2%',
    },
    { name: 'unsubscribe', role: 'guardrail', kind: 'proportion', margin: '40%', events: 'till', freshness: '2h' },
    { name: 'complaint', role: 'guardrail', kind: 'rate-limit', max: '0.2%', onFail: 'abort' },
    { name: 'revenue', role: 'observe', kind: 'mean', cap: '400 EUR', covariate: '60d' },
    { name: 'margin', role: 'observe', kind: 'mean', source: 'lake', query: 'other.sql', cap: '90 EUR' },
  ],
  tracking: { clicks: true, opens: true },
  steps: [
    gate,
    {
      id: 'codes',
      promotion: {
        discount: '10%',
        maxDiscount: '15 EUR',
        worth: '15 EUR',
        minimumBasket: '40 EUR',
        codes: { generic: 'INVIERNO' },
        limits: { total: 100, perContact: 2, perCode: 50 },
        validFrom: '2099-01-10T09:00',
        validUntil: '2099-03-20T09:00',
        stacking: 'with-others',
        platform: 'built-in',
        budget: 'promotion',
        undo: 'keep',
      },
    },
    {
      id: 'gifts',
      promotion: { discount: { gift: 'MUG' }, worth: '3 EUR', limits: { perCode: 2 }, budget: 'promotion' },
    },
    { id: 'euros', promotion: { discount: '5 EUR', budget: 'promotion' } },
    {
      id: 'offer',
      if: 'run.members > 0',
      validUntil: '2099-03-15T10:00',
      onLate: 'send',
      onFailure: 'continue',
      email: {
        template: 'other.html',
        text: 'other.txt',
        subject: 'Abrigos',
        preheader: 'Hoy',
        sender: 'outlet',
        platform: 'bulk',
        loyalty: 'puntos',
        arms: {
          a: { share: '40%' },
          b: {
            share: '60%',
            subject: 'Botas',
            preheader: 'Ya',
            template: 'offer.html',
            text: 'offer.txt',
            sender: 'shop',
            sendTime: '10:00',
          },
        },
        experiment: { ...rules, control: 'b' },
      },
      rollout: [{ wave: '20%' }, { checkpoint }, { wave: '30%' }, { wave: 'rest' }],
    },
    { id: 'pause', wait: { for: '3d' } },
    { id: 'until', wait: { until: '2099-02-20T10:00' } },
    {
      id: 'halfway',
      checkpoint: {
        after: { minRecipients: 90, minEvents: 9, minTime: '9h', maturity: '40%', event: 'counted', timeout: '9d' },
        when: { forecast: 'money', below: '30%' },
        then: 'hold',
        error: 'pause',
        hold,
      },
    },
    {
      id: 'likely',
      checkpoint: { when: { forecast: 'money', above: '90%' }, then: 'hold', error: 'hold', hold },
    },
    { id: 'thanks', loyalty: { program: 'puntos', award: 10, to: 'all', after: '1d', undo: 'keep' } },
    { id: 'done', needs: ['thanks'], notify: { to: ['ops'], subject: 'Out', message: 'It is out.' } },
  ],
};

const letter = { id: 'letter', email: { template: 'offer.html', subject: 'Hola' } };

const web = {
  id: 'web',
  name: 'Web',
  owner: 'ana',
  audience: { from: 'contacts' },
  metrics: [
    { name: 'conversion', role: 'success', kind: 'proportion' },
    { name: 'shown', role: 'observe', kind: 'count', platform: 'colors', flag: 'landing-button' },
  ],
  steps: [
    gate,
    {
      id: 'hero',
      experiment: {
        platform: 'colors',
        flag: 'hero',
        arms: { a: { share: '30%' }, b: { share: '70%' } },
        after: 'keep',
        ...rules,
        control: 'b',
      },
      rollout: [{ wave: '20%' }, { checkpoint }, { wave: 'rest' }],
    },
    {
      id: 'colour',
      needs: ['content'],
      experiment: { platform: 'flags', flag: 'colour', arms: { a: {}, b: {} } },
      rollout: [{ wave: 'rest' }],
    },
  ],
};

const triggered = {
  id: 'welcome',
  name: 'Welcome',
  owner: 'ana',
  trigger: {
    event: 'basket.updated',
    where: 'event.data.total > 10',
    key: 'event.data.basketId',
    reentry: 'never',
    cooldown: '3d',
    exit: [{ name: 'paid', on: 'order.collected', when: 'event.data.total > 1', goal: false }],
  },
  priority: 5,
  exclusive: 'selling',
  steps: [
    gate,
    { id: 'waits', wait: { event: 'basket.emptied', where: 'event.data.basketId == journey.key', timeout: '1d' } },
    letter,
  ],
};

const program = {
  id: 'club',
  name: 'Club',
  owner: 'ana',
  program: {
    pointValue: '0.02 EUR',
    pending: '7d',
    expiresAfter: '300d',
    overdraft: true,
    order: 'order.id',
    earn: [
      { id: 'buys', on: 'order.collected', where: 'event.data.total > 1', perUnit: 2, amount: 'sum', multiplier: 3 },
      { id: 'reviews', on: 'review.written', points: 5, limit: { points: 50, per: '10d' } },
    ],
    refund: { on: 'order.returned', amount: 'sum' },
    tiers: [{ id: 'blue', from: 100, period: '300d', multiplier: 2 }],
    rewards: [
      { id: 'bag', cost: 50, gift: 'BAG' },
      { id: 'credit', cost: 90, storeCredit: { amount: '2 EUR', platform: 'store' } },
      {
        id: 'off',
        cost: 80,
        promotion: {
          discount: '10%',
          maxDiscount: '9 EUR',
          worth: '8 EUR',
          minimumBasket: '20 EUR',
          limits: { total: 90, perContact: 8, perCode: 2 },
          validUntil: '20d',
          stacking: 'with-others',
          budget: 'rewards',
        },
      },
      { id: 'cup', cost: 60, promotion: { discount: { gift: 'CUP' }, worth: '3 EUR', budget: 'rewards' } },
    ],
    expiryWarning: '10d',
  },
  budget: { total: '500 EUR', lines: { rewards: '300 EUR', ads: '100 EUR' } },
  steps: [gate],
};

const weekly = {
  id: 'weekly',
  name: 'Weekly',
  owner: 'ana',
  audience: { from: 'contacts' },
  schedule: { cron: '0 8 * * TUE', catchupWindow: '1h' },
  tracking: { clicks: true },
  steps: [
    { id: 'editor', gate: { approvers: ['marketing'] } },
    { id: 'news', email: { ...letter.email, arms: { a: {}, b: {} }, experiment: {} } },
    letter,
  ],
};

export const bases: Record<string, object> = { bulk, web, triggered, program, weekly };

/** The word is left out. */
export const gone = Symbol('left out');

/** Where neither the words that a field may have nor its examples make a campaign that is as valid and another. */
export const otherValues: Record<string, unknown[]> = {
  'schedule.start': ['2099-01-12T09:00'],
  'schedule.end': ['2099-04-30T23:59'],
  'schedule.timezone': ['Atlantic/Canary'],
  owner: ['luis'],
  objectives: [[{ id: 'buys', metric: 'conversion', target: '100', by: '2099-02-20T10:00' }]],
  'objectives.by': ['2099-02-20T10:00'],
  'objectives.metric': ['margin'],
  budget: [{ total: '6000 EUR', lines: { promotion: '3000 EUR', ads: '900 EUR' } }],
  'budget.total': ['7000 EUR'],
  'budget.pacing': [{ ads: { amount: '310 EUR', per: '1d' } }],
  'budget.pacing.amount': ['310 EUR'],
  'budget.lines': [{ promotion: '3100 EUR', ads: '800 EUR' }],
  'metrics.name': ['clicks'],
  'metrics.source': ['warehouse'],
  steps: [[gate, { id: 'board', gate: { approvers: ['legal'] } }]],
  'steps.id': ['finished'],
  'steps.email': [{ template: 'other.html', subject: 'Otra' }],
  'steps.email.arms.share': ['30%'],
  'steps.experiment.platform': ['colors'],
  'steps.experiment.arms.share': ['40%'],
  'steps.promotion.platform': ['pay', 'shop'],
  'steps.promotion.budget': ['ads'],
  'steps.gate.escalateTo': [['marketing']],
  'steps.gate.remindAt': [['30%']],
  'steps.checkpoint': [{ when: { forecast: 'money', below: '20%' }, then: 'promote', error: 'hold', hold }],
  'steps.checkpoint.when': [{ forecast: 'money', above: '80%' }],
  'steps.checkpoint.when.forecast': ['visits'],
  'steps.checkpoint.hold.approvers': [['marketing', 'legal']],
  'steps.rollout.checkpoint.hold.approvers': [['marketing', 'legal']],
  'program.rewards.promotion': [{ discount: '3 EUR', budget: 'rewards' }],
  'program.rewards.promotion.budget': ['ads'],
  'program.rewards.promotion.validUntil': ['2099-03-16T10:00'],
  'steps.validUntil': ['2099-03-16T10:00'],
  'steps.promotion.validFrom': ['2099-01-11T09:00'],
  'steps.promotion.validUntil': ['7d'],
  'steps.wait.until': ['2099-02-25T10:00'],
  'steps.rollout.checkpoint.after.time': ['2099-02-01T10:00'],
  'steps.checkpoint.after.time': ['2099-02-01T10:00'],
};

const moves = { budget: 'ads', by: '+10%', bounds: ['0 EUR', '950 EUR'] };
const weighs = { arm: 'a', by: '+10%', bounds: ['10%', '60%'] };
const grows = { audience: 'wave', by: '+10%', bounds: ['10%', '60%'] };
const ends = { end: '2d', latest: '2099-06-01T10:00' };
const waits = { wait: '5h', max: 2, then: 'hold' };
const extends_ = { extend: '1d', max: 2, then: 'hold' };
const adjusts = (adjust: object, more: object = {}) => ({ adjust, then: 'abort', ...more });

/** What a checkpoint may do, by the word in it that is another: before and after. */
export const otherActions: Record<string, [before: object, after: object]> = {
  wait: [waits, { ...waits, wait: '7h' }],
  extend: [extends_, { ...extends_, extend: '3d' }],
  max: [waits, { ...waits, max: 4 }],
  then: [waits, { ...waits, then: 'abort' }],
  approve: [adjusts(moves, { approve: ['marketing'] }), adjusts(moves, { approve: ['legal'] })],
  adjust: [adjusts(moves), adjusts(ends)],
  'adjust.budget': [adjusts(moves), adjusts({ ...moves, budget: 'promotion' })],
  'adjust.from': [adjusts(moves), adjusts({ ...moves, from: 'promotion' })],
  'adjust.arm': [adjusts(weighs), adjusts({ ...weighs, arm: 'b' })],
  'adjust.audience': [adjusts(weighs), adjusts(grows)],
  'adjust.end': [adjusts(ends), adjusts({ ...ends, end: '4d' })],
  'adjust.by': [adjusts(moves), adjusts({ ...moves, by: '-5%' })],
  'adjust.bounds': [adjusts(moves), adjusts({ ...moves, bounds: ['0 EUR', '1000 EUR'] })],
  'adjust.latest': [adjusts(ends), adjusts({ ...ends, latest: '2099-07-01T10:00' })],
};

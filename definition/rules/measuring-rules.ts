import type { Rule } from './rule';

const gate = '  - id: content\n    gate: { approvers: [marketing] }\n';
const click = 'metrics:\n  - { name: click, role: success, kind: proportion, window: 2d }\n';
const decide =
  'decide: { pass: promote-winner, fail: abort, invalid: hold, error: hold, inconclusive: { wait: 6h, max: 3, then: hold } }';
const hold = 'hold: { approvers: [marketing] }';

/** An e-mail step with arms, a first wave, a checkpoint and the rest. */
function rollout(options: { metrics?: string; arms?: string; waves?: string; checkpoint?: string } = {}): string {
  const arms = options.arms ?? 'arms: { a: {}, b: { subject: Other } }';
  const checkpoint = options.checkpoint ?? `${hold}, ${decide}`;
  const waves =
    options.waves ??
    `      - wave: 10%\n      - checkpoint: { after: { minRecipients: 10 }, ${checkpoint} }\n      - wave: rest`;
  return `${options.metrics ?? click}steps:\n${gate}  - id: offer\n    email: { template: offer.html, subject: Hello, ${arms} }\n    rollout:\n${waves}`;
}

const whole = rollout();

/** A web experiment, and a metric of its flag platform. */
const hero = (role: string) => `metrics:
  - { name: conversion, role: success, kind: proportion, window: 2d, steps: [hero] }
  - { name: shown, role: ${role}, kind: count, platform: flags }
steps:
${gate}  - id: hero
    experiment: { platform: flags, flag: landing-hero, arms: { control: {}, b: {} } }
    rollout:
      - wave: 10%
      - checkpoint: { after: { minRecipients: 10 }, ${hold}, ${decide} }
      - wave: rest`;

/** MEAS: what it measures and how it decides. */
export const measuringRules: readonly Rule[] = [
  {
    id: 'MEAS-801',
    severity: 'error',
    title: 'difference cannot be read',
    why: 'a margin, an effect or an adjustment is a share of something, points or an amount',
    fix: 'write 8%, 0.5pp or 2 EUR',
    example: {
      fail: 'metrics:\n  - { name: click, role: guardrail, kind: proportion, margin: ten }',
      pass: 'metrics:\n  - { name: click, role: guardrail, kind: proportion, margin: 10% }',
    },
  },
  {
    id: 'MEAS-802',
    severity: 'error',
    title: 'metric lacks what its kind needs',
    why: 'a rate-limit is nothing without its limit, a ratio without its denominator, money without a cap and currency',
    fix: 'add `max`, `per` or `cap`; a metric with another name says its `event` or its `source`',
    example: {
      fail: 'metrics:\n  - { name: complaint, role: guardrail, kind: rate-limit }',
      pass: 'metrics:\n  - { name: complaint, role: guardrail, kind: rate-limit, max: 0.3% }',
    },
  },
  {
    id: 'MEAS-803',
    severity: 'error',
    title: 'objective or budget cannot be right',
    why: 'an objective aims at a metric that is measured; the lines of a budget are parts of its total, in one currency',
    fix: 'name a metric of this file; keep the sum of the lines within the total',
    example: {
      fail: `${click}objectives:\n  - { id: clicks, metric: visits, target: "400", by: 2099-04-30T18:00 }`,
      pass: `${click}objectives:\n  - { id: clicks, metric: click, target: "400", by: 2099-04-30T18:00 }`,
    },
  },
  {
    id: 'MEAS-804',
    severity: 'error',
    title: 'experiment cannot be run',
    why: 'arms share the recipients among them, one of them is the control, and the method fits the goal',
    fix: 'name two arms or more whose shares add up to 100%, a control among them; a bandit earns, the other methods learn',
    example: { fail: rollout({ arms: 'arms: { a: {} }' }), pass: whole },
  },
  {
    id: 'MEAS-805',
    severity: 'error',
    title: 'rollout releases too much or too little',
    why: 'waves are parts of the audience, in order; a checkpoint judges what was released before it',
    fix: 'begin with a wave, keep the shares within 100%, and write `rest` at most once, last',
    example: { fail: rollout({ waves: '      - wave: rest\n      - wave: 10%' }), pass: whole },
  },
  {
    id: 'MEAS-806',
    severity: 'error',
    title: 'checkpoint has nothing to decide by',
    why: 'what no metric measures cannot pass or fail',
    fix: 'add metrics; a winner needs arms and a success metric',
    example: { fail: rollout({ metrics: '' }), pass: whole },
  },
  {
    id: 'MEAS-807',
    severity: 'error',
    title: 'action is not complete',
    why: 'waiting needs a limit, an adjustment its bounds, and a hold somebody who decides',
    fix: 'write { wait: 6h, max: 3, then: hold }; give an adjustment `by` and `bounds`; say who decides in `hold`',
    example: {
      fail: rollout({ checkpoint: `${hold}, ${decide.replace(', max: 3', '')}` }),
      pass: whole,
    },
  },
  {
    id: 'MEAS-808',
    severity: 'error',
    title: 'opens decide something',
    why: 'mail programs open messages by themselves: an open is no reader',
    fix: 'give it the role observe, and decide by clicks or conversions',
    example: {
      fail: 'metrics:\n  - { name: open, role: success, kind: proportion }',
      pass: 'metrics:\n  - { name: open, role: observe, kind: proportion }',
    },
  },
  {
    id: 'MEAS-809',
    severity: 'error',
    title: 'name of a metric, objective or checkpoint is taken',
    why: 'decisions and reports name them',
    fix: 'give each its own name',
    example: {
      fail: `${click}  - { name: click, role: observe, kind: proportion }`,
      pass: `${click}  - { name: conversion, role: observe, kind: proportion }`,
    },
  },
  {
    id: 'MEAS-810',
    severity: 'warning',
    title: 'checkpoint may never see mature data',
    why: 'only members whose attribution window has closed are compared; this one gives up before the first closes',
    fix: 'make the timeout longer than the longest window, or the window shorter',
    example: {
      fail: rollout({
        checkpoint: `${hold}, ${decide}`,
        waves: `      - wave: 10%\n      - checkpoint: { after: { minRecipients: 10, timeout: 1d }, ${hold}, ${decide} }\n      - wave: rest`,
      }),
      pass: whole,
    },
  },
  {
    id: 'MEAS-811',
    severity: 'error',
    title: 'source cannot be used',
    why: 'metrics name sources of volante.yaml; a SQL source needs a query, others have none',
    fix: 'add the source under `sources`, and the file with the query',
    example: {
      fail: 'metrics:\n  - { name: margin, role: observe, kind: mean, source: nowhere, cap: 500 EUR }',
      pass: click.trimEnd(),
    },
  },
  {
    id: 'MEAS-812',
    severity: 'error',
    title: 'clicks are measured but not tracked',
    why: 'without `tracking: { clicks: true }` no click is ever known, and zero is not a measurement',
    fix: 'add tracking: { clicks: true }',
    example: {
      fail: `tracking: { clicks: false }\n${click}`.trimEnd(),
      pass: `tracking: { clicks: true }\n${click}`.trimEnd(),
    },
  },
  {
    id: 'MEAS-813',
    severity: 'error',
    title: 'evaluations of a flag are more than shown',
    why: 'a flag server counts evaluations and not people: one visitor is many of them, so no test of a difference is honest',
    fix: 'write kind count, role observe and the platform of a web experiment; decide by events',
    example: { fail: hero('success'), pass: hero('observe') },
  },
];

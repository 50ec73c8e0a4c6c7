import { loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder('evaluations');
beforeAll(() => writeFixture(folder.path));
afterAll(() => folder.remove());

const campaignWith = (metric: string) => `metrics:
  - { name: conversion, role: success, kind: proportion, window: 2d, steps: [hero] }
  - { name: shown, ${metric} }
steps:
  - id: content
    gate: { approvers: [marketing] }
  - id: hero
    experiment: { platform: flags, flag: landing-hero, arms: { control: {}, b: {} } }
    rollout:
      - wave: 10%
      - checkpoint:
          hold: { approvers: [marketing] }
          decide: { pass: promote-winner, fail: abort, invalid: hold, error: hold, inconclusive: hold }
      - wave: rest
  - id: offer
    email: { template: offer.html, subject: Hello }
`;

const load = (metric: string) => loadChanged(folder.path, { keys: campaignWith(metric) });

async function errorsOf(metric: string): Promise<string[]> {
  const { problems } = await load(metric);
  return problems.filter(({ severity }) => severity === 'error').map(({ rule, message }) => `${rule} ${message}`);
}

test('it measures the web experiments on its platform, waits for nobody, and names its flag where it has one', async () => {
  const own = await load('role: observe, kind: count, platform: flags');
  expect(own.campaign?.resolved.metrics?.[1]).toEqual({
    name: 'shown',
    role: 'observe',
    kind: 'count',
    from: { platform: 'flags' },
    window: 0,
    goodDirection: 'up',
    steps: ['hero'],
  });
  const other = await load('role: observe, kind: count, platform: flags, flag: order-button, steps: [hero]');
  expect(other.campaign?.resolved.metrics?.[1]).toMatchObject({
    from: { platform: 'flags', flag: 'order-button' },
    steps: ['hero'],
  });
});

test.each([
  ['role: success, kind: count, platform: flags', 'MEAS-813 evaluations of flags have the role success'],
  ['role: guardrail, kind: count, platform: flags', 'MEAS-813 evaluations of flags have the role guardrail'],
  ['role: quality, kind: count, platform: flags', 'MEAS-813 evaluations of flags have the role quality'],
  ['role: observe, kind: proportion, platform: flags', 'MEAS-813 evaluations of flags are no proportion'],
  ['role: observe, kind: count', 'MEAS-813 "shown" does not name the `platform` that counts'],
  ['role: observe, kind: mean, flag: landing-hero, event: clicked', 'MEAS-813 evaluations of flags are no mean'],
  ['role: observe, kind: count, platform: flgs', 'REF-102 there is no flag platform "flgs" in volante.yaml'],
  ['role: observe, kind: count, platform: mail', 'REF-102 there is no flag platform "mail" in volante.yaml'],
  ['role: observe, kind: count, platform: flags, steps: [offer]', 'MEAS-813 "offer" is no web experiment on flags'],
  ['role: observe, kind: count, platform: flags, event: clicked', 'MEAS-813 `event` says nothing of evaluations'],
  ['role: observe, kind: count, platform: flags, max: 3%', 'MEAS-813 `max` says nothing of evaluations'],
  ['role: observe, kind: count, platform: flags, steps: [nowhere]', 'REF-105 there is no step "nowhere"'],
])('refused: %s', async (metric, expected) => {
  expect(await errorsOf(metric)).toContain(expected);
});

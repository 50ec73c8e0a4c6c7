import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { keptPath } from '../../definition/amendment';
import { findCampaigns } from '../../definition/find-campaigns';
import { type LoadedCampaign, loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { ResolvedCampaign } from '../../definition/resolved';
import { revisionOf } from '../../definition/revision';
import { rules } from '../../definition/rules/registry';
import type { CampaignFile } from '../../definition/source/folder';
import type { Workspace } from '../../definition/workspace-types';
import { writeCampaign } from '../../definition/write-campaign';
import { packageRoot } from '../../settings/package-root';
import { fixtureWorkspace, loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('export');
const root = temporary.path;
beforeAll(() => writeFixture(root));
afterAll(() => temporary.remove());

/** Writes a campaign with its files into an empty folder and loads it from there. */
async function writtenAndLoaded(
  { resolved, files }: Pick<LoadedCampaign, 'resolved' | 'files'>,
  workspace: Workspace,
): Promise<{ text: string; again: ResolvedCampaign | undefined }> {
  const folder = join(root, 'written');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  // What the ledger gives back was JSON in between.
  const campaign = JSON.parse(JSON.stringify(resolved)) as ResolvedCampaign;
  const text = writeCampaign({ campaign, workspace });
  await writeFile(join(folder, 'campaign.yaml'), text);
  for (const { path, content } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const { campaign: again, problems } = await loadCampaign({ folder, workspace, root });
  if (!again) throw new Error(`${JSON.stringify(problems, null, 1)}\n${text}`);
  return { text, again: again.resolved };
}

async function expectSame(loaded: LoadedCampaign, workspace: Workspace): Promise<string> {
  const { text, again } = await writtenAndLoaded(loaded, workspace);
  expect(again).toEqual(loaded.resolved);
  expect(again && revisionOf(again)).toBe(loaded.revision);
  return text;
}

describe('the gallery', () => {
  const home = packageRoot();
  const campaigns = findCampaigns(join(home, 'campaigns'));

  test.each(campaigns.map((file) => [file.slice(home.length + 1), file]))('%s', async (_, file) => {
    const { workspace } = await loadWorkspace(home);
    if (!workspace) throw new Error('volante.yaml is wrong');
    const { campaign } = await loadCampaign({ file, workspace });
    if (!campaign) throw new Error(`${file} is wrong`);
    await expectSame(campaign, workspace);
  });
});

describe('the passing example of every rule of the campaign file', () => {
  const examples = rules.filter(({ example, id }) => example.file !== 'workspace' && id !== 'DEF-012');

  test.each(examples.map((rule) => [rule.id, rule] as const))('%s', async (_, { example }) => {
    const { campaign } = await loadChanged(root, example.whole ? { whole: example.pass } : { keys: example.pass });
    if (!campaign) throw new Error('the example is wrong');
    await expectSame(campaign, await fixtureWorkspace(root));
  });
});

const percent = fc.integer({ min: 1, max: 9900 }).map((hundredths) => `${hundredths / 100}%`);
const duration = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.constantFrom('s', 'm', 'h', 'd'))
  .map(([count, unit]) => `${count}${unit}`);
const money = fc.integer({ min: 1, max: 500_000_000 }).map((tenths) => `${tenths / 10_000} EUR`);
const local = fc
  .tuple(fc.integer({ min: 1, max: 28 }), fc.integer({ min: 4, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((numbers) => numbers.map((number) => String(number).padStart(2, '0')))
  .map(([day, hour, minute]) => `2027-04-${day}T${hour}:${minute}`);
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => /^[\p{L}\p{N} '"#:,!?-]+$/u.test(text) && text.trim() === text);
const effect = fc.oneof(
  percent,
  percent.map((share) => share.replace('%', 'pp')),
  money,
  fc.integer({ min: 1, max: 999 }).map(String),
);
const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const plain = fc.constantFrom('promote-control', 'hold', 'pause', 'abort', 'end-early');
const often = sometimes(fc.integer({ min: 1, max: 9 }));
const action = fc.oneof(
  plain,
  fc.record({ wait: duration, max: often, then: plain }),
  fc.record({ extend: duration, max: often, then: plain }),
  fc.record({
    adjust: fc.oneof(
      fc.record({
        budget: fc.constant('ads'),
        by: percent.map((share) => `+${share}`),
        bounds: fc.constant(['0 EUR', '900 EUR']),
      }),
      fc.record({ end: fc.constant('2d'), latest: fc.constant('2027-06-07T23:59') }),
    ),
    then: plain,
  }),
);
const shares = fc.constantFrom<[string?, string?, string?]>(
  [],
  ['50%'],
  ['33.33%'],
  ['10%', '20%', '70%'],
  [undefined, '12.5%'],
);
const arms = shares.map(([a, b, c]) => ({ a: { share: a }, b: { share: b, subject: 'Another' }, c: { share: c } }));
const hold = fc.record({ approvers: fc.constant(['marketing']), expires: sometimes(duration) });
const checkpoint = fc.record({
  id: sometimes(fc.constant('canary')),
  after: sometimes(
    fc.record({
      minRecipients: sometimes(fc.nat(1000).map((count) => count + 1)),
      minTime: sometimes(duration),
      maturity: sometimes(percent),
      time: sometimes(local),
      timeout: sometimes(duration),
    }),
  ),
  quality: sometimes(fc.record({ srm: sometimes(percent), mustHaveData: sometimes(fc.boolean()) })),
  decide: fc.record({
    pass: fc.constantFrom('promote', 'promote-winner'),
    fail: plain,
    invalid: plain,
    error: plain,
    inconclusive: action,
  }),
  hold,
});
const discount = fc.oneof(
  fc.record({ discount: percent, maxDiscount: money, worth: sometimes(money) }),
  fc.record({ discount: money }),
  fc.record({ discount: fc.constantFrom('two-for-one', 'free-shipping', { gift: 'SKU-1' }), worth: money }),
);

/** A campaign file of any such values; some of them break rules and are passed over. */
const campaigns = fc.record({
  id: fc.constant('spring-sale'),
  name: words,
  owner: fc.constantFrom('ana', 'luis'),
  story: sometimes(fc.record({ as: words, want: words, so: words })),
  locale: sometimes(fc.constantFrom('es', 'en-GB')),
  audience: fc.record({
    from: fc.constantFrom('contacts', './people.csv'),
    where: sometimes(fc.constant('contact.country == "ES"')),
    holdout: sometimes(percent),
  }),
  schedule: fc.record({
    start: fc.constant('2027-04-01T00:30'),
    end: fc.constant('2027-05-30T23:59:30'),
    timezone: sometimes(fc.constantFrom('Europe/Madrid', 'Asia/Kathmandu', 'America/Caracas')),
    quietHours: sometimes(fc.constantFrom('21:00-08:30', '13:00-14:00')),
    maxLateness: sometimes(duration),
    catchupWindow: sometimes(duration),
  }),
  budget: fc.constant({ total: '1000000 EUR', lines: { promotion: '600000 EUR', ads: '500.5 EUR' } }),
  metrics: fc
    .tuple(effect, sometimes(duration), sometimes(fc.boolean()), sometimes(percent), money)
    .map(([margin, window, down, limit, cap]) => [
      { name: 'conversion', role: 'success', kind: 'proportion', window },
      {
        name: 'unsubscribe',
        role: 'guardrail',
        kind: 'proportion',
        margin,
        goodDirection: down === true ? 'down' : undefined,
      },
      { name: 'complaint', role: 'guardrail', kind: 'rate-limit', max: limit ?? '0.3%', onFail: 'abort' },
      { name: 'sales', event: 'revenue', role: 'success', kind: 'mean', cap },
    ]),
  objectives: sometimes(fc.record({ target: money, by: local }).map((aim) => [{ id: 'aim', metric: 'sales', ...aim }])),
  tracking: sometimes(fc.record({ clicks: sometimes(fc.boolean()), opens: sometimes(fc.boolean()) })),
  steps: fc
    .record({
      quorum: sometimes(fc.constantFrom(1, 2)),
      expires: sometimes(duration),
      remindAt: sometimes(fc.array(percent, { maxLength: 3 })),
      question: sometimes(words),
      discount,
      limits: sometimes(fc.record({ total: often, perContact: often, perCode: often })),
      validUntil: sometimes(fc.oneof(fc.constant('end'), duration, local)),
      subject: words,
      arms,
      experiment: sometimes(
        fc.record({
          goal: sometimes(fc.constant('learn')),
          minEffect: sometimes(effect),
          alpha: sometimes(percent),
          control: sometimes(fc.constantFrom('a', 'b')),
          salt: sometimes(words),
          spending: sometimes(fc.constantFrom('power(2)', 'obrien-fleming')),
        }),
      ),
      wave: fc.oneof(percent, fc.constant('2000 members')),
      checkpoint,
      onLate: sometimes(fc.constantFrom('send', 'skip', 'ask')),
      onFailure: sometimes(fc.constantFrom('abort', 'hold', 'continue')),
      needs: sometimes(fc.constantFrom(['content'], ['content', 'codes'])),
      wait: fc.oneof(
        duration.map((length) => ({ for: length })),
        local.map((until) => ({ until })),
      ),
    })
    .map((any) => [
      {
        id: 'content',
        gate: {
          approvers: ['marketing', 'ops'],
          quorum: any.quorum,
          expires: any.expires,
          remindAt: any.remindAt,
          question: any.question,
        },
      },
      {
        id: 'codes',
        promotion: { ...any.discount, limits: any.limits, validUntil: any.validUntil, budget: 'promotion' },
      },
      {
        id: 'offer',
        needs: any.needs,
        onLate: any.onLate,
        onFailure: any.onFailure,
        email: { template: 'offer.html', subject: any.subject, arms: any.arms, experiment: any.experiment },
        rollout: [{ wave: any.wave }, { checkpoint: any.checkpoint }, { wave: 'rest' }],
      },
      { id: 'rest', wait: any.wait },
      {
        id: 'note',
        if: 'steps["offer"].sent > 0',
        validUntil: any.validUntil === 'end' ? 'end' : undefined,
        notify: { to: ['ops'], subject: any.subject, message: 'Done.' },
      },
    ]),
});

test('any campaign that loads is written as a file that loads as the same revision', async () => {
  const workspace = await fixtureWorkspace(root);
  let loaded = 0;
  await fc.assert(
    fc.asyncProperty(campaigns, async (authored) => {
      const { campaign } = await loadChanged(root, { whole: stringify(JSON.parse(JSON.stringify(authored))) });
      if (!campaign) return;
      loaded += 1;
      await expectSame(campaign, workspace);
    }),
    { numRuns: 300 },
  );
  expect(loaded).toBeGreaterThan(100);
}, 120_000);

test('a file that an amendment kept under its content is written and found in its own folder', async () => {
  const workspace = await fixtureWorkspace(root);
  const { campaign } = await loadChanged(root, { keys: 'id: spring-sale' });
  if (!campaign) throw new Error('the fixture is wrong');
  const renamed = (reference: CampaignFile | { path: string; sha256: string }) => ({
    ...reference,
    path: keptPath(reference),
  });
  const resolved: ResolvedCampaign = {
    ...campaign.resolved,
    steps: campaign.resolved.steps.map((step) =>
      step.kind === 'email'
        ? { ...step, email: { ...step.email, template: { ...renamed(step.email.template), format: 'html' as const } } }
        : step,
    ),
  };
  const files = campaign.files.map((file) => (file.path === 'offer.html' ? { ...file, ...renamed(file) } : file));
  const { text, again } = await writtenAndLoaded({ resolved, files }, workspace);
  expect(text).toMatch(/template: [0-9a-f]{12}\/offer\.html/);
  expect(again).toEqual(resolved);
});

test('what is as usual is left out, what is shared goes by its key, times are local', async () => {
  const { campaign } = await loadChanged(root, {
    keys: `schedule: { start: 2027-04-01T09:00, quietHours: 21:00-08:30, timezone: Europe/Madrid, maxLateness: 900s }
steps:
  - { id: content, needs: [], onLate: ask, gate: { approvers: [marketing], quorum: 1, expires: 48h } }
  - id: offer
    email: { template: offer.html, subject: Hello, sender: shop, platform: mail, arms: { a: {}, b: { subject: "yes" } }, experiment: { goal: learn } }`,
  });
  if (!campaign) throw new Error('the campaign is wrong');
  expect(
    await expectSame(campaign, await fixtureWorkspace(root)),
  ).toBe(`# yaml-language-server: $schema=../../definition/campaign.schema.json

id: spring-sale
name: Spring sale
owner: ana

audience: { from: contacts, where: contact.country == "ES", holdout: 10% }

schedule: { start: 2027-04-01T09:00, quietHours: 21:00-08:30 }

steps:
  - { id: content, gate: { approvers: [ marketing ] } }

  - id: offer
    email: { template: offer.html, subject: Hello, arms: { a: {}, b: { subject: "yes" } } }
`);
});

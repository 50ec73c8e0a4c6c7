import { join } from 'node:path';
import fc from 'fast-check';
import { loadCampaign } from '../../definition/load-campaign';
import type { Workspace } from '../../definition/workspace-types';
import { fixtureWorkspace, loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('approval');
const root = temporary.path;
let workspace: Workspace;
beforeAll(async () => {
  await writeFixture(root);
  workspace = await fixtureWorkspace(root);
});
afterAll(() => temporary.remove());

interface DrawnStep {
  kind: 'email' | 'gate' | 'wait';
  /** Undefined: the step before it. */
  needs?: number[];
  conditional: boolean;
}

const drawing = fc.array(
  fc.record({
    kind: fc.constantFrom('email' as const, 'gate' as const, 'gate' as const, 'wait' as const),
    needs: fc.option(fc.array(fc.nat(7), { maxLength: 3 }), { nil: undefined }),
    conditional: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0),
  }),
  { minLength: 1, maxLength: 7 },
);

/** Only steps that stand before it, so that there are no circles. */
function withoutCircles(steps: DrawnStep[]): DrawnStep[] {
  return steps.map((step, index) => ({ ...step, needs: step.needs?.filter((need) => need < index) }));
}

function stepsText(steps: DrawnStep[]): string {
  const body = {
    email: 'email: { template: offer.html, subject: Hello }',
    gate: 'gate: { approvers: [marketing, ops] }',
    wait: 'wait: { for: 1h }',
  };
  const lines = steps.map(({ kind, needs, conditional }, index) =>
    [
      `  - id: s${index}`,
      ...(needs ? [`    needs: [${needs.map((need) => `s${need}`).join(', ')}]`] : []),
      ...(conditional ? ['    if: run.members > 0'] : []),
      `    ${body[kind]}`,
    ].join('\n'),
  );
  return `steps:\n${lines.join('\n')}`;
}

/** Can this step begin although no unconditional gate was passed? Follows every need by hand. */
function isApproved(steps: DrawnStep[], index: number): boolean {
  const { needs } = steps[index]!;
  const before = needs ?? (index > 0 ? [index - 1] : []);
  return before.some((need) => (steps[need]!.kind === 'gate' && !steps[need]!.conditional) || isApproved(steps, need));
}

test('a step that sends is accepted exactly when a gate that cannot be skipped comes before it', async () => {
  let refused = 0;
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(drawing, async (drawn) => {
      const steps = withoutCircles(drawn);
      const unapproved = steps.flatMap((step, index) =>
        step.kind === 'email' && !isApproved(steps, index) ? [index] : [],
      );
      const { campaign, problems } = await loadChanged(root, { keys: stepsText(steps) });
      expect(problems.filter(({ rule }) => rule === 'GATE-401')).toHaveLength(unapproved.length);
      if (unapproved.length > 0) expect(campaign).toBeUndefined();
      if (unapproved.length > 0) refused++;
      else if (steps.some(({ kind }) => kind === 'email')) accepted++;
    }),
    { numRuns: 400 },
  );
  expect(Math.min(refused, accepted)).toBeGreaterThan(10);
});

test('what a step needs is in the resolved campaign, written or not', async () => {
  const { campaign } = await loadChanged(root, {
    keys: 'steps:\n  - id: a\n    wait: { for: 1h }\n  - id: b\n    wait: { for: 1h }\n  - id: c\n    needs: []\n    wait: { for: 1h }\n  - id: d\n    needs: [a, c]\n    wait: { for: 1h }',
  });
  expect(campaign?.resolved.steps.map(({ id, needs }) => [id, needs])).toEqual([
    ['a', []],
    ['b', ['a']],
    ['c', []],
    ['d', ['a', 'c']],
  ]);
});

test('defaults are those of the schema', async () => {
  await loadChanged(root, { keys: 'id: spring-sale' });
  const { campaign } = await loadCampaign({ file: join(root, 'campaigns/spring-sale/campaign.yaml'), workspace, root });
  expect(campaign?.resolved).toMatchObject({
    version: 1,
    locale: 'es',
    schedule: { timezone: 'Europe/Madrid', maxLateness: 900_000, catchupWindow: 600_000, cron: [] },
    steps: [
      {
        onLate: 'ask',
        onFailure: 'hold',
        gate: { expires: 172_800_000, onExpiry: 'reject', escalateTo: [], allowAuthor: false, remindAt: [0.5, 0.9] },
      },
      { email: { sender: { id: 'shop' }, platform: 'mail', template: { path: 'offer.html', format: 'html' } } },
      { kind: 'notify' },
    ],
  });
  expect(campaign?.files.map(({ path }) => path)).toEqual(['offer.html', 'offer.txt']);
});

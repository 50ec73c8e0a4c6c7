import fc from 'fast-check';
import { actionWords } from '../../definition/action-words';
import { plainActions } from '../../definition/schema/rollout';
import { readEffect } from '../../definition/written/effect';
import { readWaveSize } from '../../definition/written/wave-size';
import { loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder('checkpoints');
beforeAll(() => writeFixture(folder.path));
afterAll(() => folder.remove());

const states = ['pass', 'fail', 'invalid', 'error', 'inconclusive'] as const;
type Decide = Partial<Record<(typeof states)[number], string>>;

function campaignWith(decide: Decide): string {
  const words = Object.entries(decide).map(([state, action]) => `${state}: ${action}`);
  return `metrics:
  - { name: click, role: success, kind: proportion, window: 2d }
steps:
  - id: content
    gate: { approvers: [marketing] }
  - id: offer
    email: { template: offer.html, subject: Hello, arms: { a: {}, b: { subject: Other } } }
    rollout:
      - wave: 10%
      - checkpoint: { hold: { approvers: [marketing] }, decide: { ${words.join(', ')} } }
      - wave: rest
`;
}

async function errorsOf(keys: string): Promise<string[]> {
  const { problems } = await loadChanged(folder.path, { keys });
  return problems.filter(({ severity }) => severity === 'error').map(({ rule, message }) => `${rule} ${message}`);
}

test('whatever the actions are, a file that names all five states is taken, and each keeps its action', async () => {
  const written = fc.oneof(
    fc.constantFrom<string>(...plainActions),
    fc
      .tuple(
        fc.constantFrom('wait', 'extend'),
        fc.integer({ min: 1, max: 48 }),
        fc.constantFrom<string>(...plainActions),
      )
      .map(([verb, hours, then]) => `{ ${verb}: ${hours}h, max: 3, then: ${then} }`),
  );
  await fc.assert(
    fc.asyncProperty(fc.tuple(written, written, written, written, written), async (actions) => {
      const decide = Object.fromEntries(states.map((state, index) => [state, actions[index] ?? '']));
      const { campaign, problems } = await loadChanged(folder.path, { keys: campaignWith(decide) });
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const step = campaign?.resolved.steps.find(({ id }) => id === 'offer');
      const entry = step?.kind === 'email' ? step.rollout?.[1] : undefined;
      if (entry?.kind !== 'checkpoint') throw new Error('no checkpoint');
      for (const state of states) {
        const said = decide[state] ?? '';
        const word = /^[a-z-]+$/.test(said) ? said : (/then: ([a-z-]+)/.exec(said)?.[1] ?? '');
        expect(actionWords(entry.checkpoint.decide[state])).toContain(word);
      }
    }),
    { numRuns: 40 },
  );
});

test.each(states)('without an action for %s the file is refused', async (missing) => {
  const decide: Decide = Object.fromEntries(
    states.filter((state) => state !== missing).map((state) => [state, 'hold']),
  );
  expect(await errorsOf(campaignWith(decide))).toEqual([expect.stringMatching(new RegExp(`DEF-008.*"${missing}"`))]);
});

test('an expired or rejected hold can never promote', async () => {
  for (const key of ['onExpiry', 'onReject']) {
    const keys = campaignWith(Object.fromEntries(states.map((state) => [state, 'hold']))).replace(
      'hold: { approvers: [marketing] }',
      `hold: { approvers: [marketing], ${key}: promote }`,
    );
    expect(await errorsOf(keys)).toEqual([expect.stringContaining('DEF-010')]);
  }
});

test('differences are read as people mean them', () => {
  expect(readEffect('8%')).toEqual({ ok: true, value: { kind: 'relative', value: 0.08 } });
  expect(readEffect('-0.5pp')).toEqual({ ok: true, value: { kind: 'absolute', value: -0.005 } });
  expect(readEffect('+2.50 EUR')).toEqual({ ok: true, value: { kind: 'absolute', value: 2.5 } });
  for (const wrong of ['', '8 %', 'eight', '8%%', '1e3', '2 eur']) expect(readEffect(wrong).ok).toBe(false);
});

test('sizes of waves are read as people mean them', () => {
  expect(readWaveSize('12.5%')).toEqual({ ok: true, value: { share: 0.125 } });
  expect(readWaveSize('2000 members')).toEqual({ ok: true, value: { count: 2000 } });
  expect(readWaveSize('rest')).toEqual({ ok: true, value: 'rest' });
  for (const wrong of ['0%', '101%', '0 members', '2000', 'all']) expect(readWaveSize(wrong).ok).toBe(false);
});

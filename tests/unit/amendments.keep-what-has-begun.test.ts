import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { amendmentOf, type Standing } from '../../definition/amendment';
import { diffCampaigns } from '../../definition/diff';
import { keyedCampaign, unkeyedCampaign } from '../../definition/keyed-campaign';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { ResolvedCampaign } from '../../definition/resolved';
import type { StepState } from '../../definition/run-status';
import { fieldsOf } from '../../definition/schema/fields';
import { packageRoot } from '../../settings/package-root';
import { bases } from '../support/every-field';
import { type Edit, FieldChanges, withAt } from '../support/field-changes';

jest.setTimeout(120_000);

let root: string;
let changes: FieldChanges;
const edits: Record<string, Edit[]> = {};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fields-'));
  changes = await FieldChanges.in(root);
  for (const field of fieldsOf('campaign')) {
    const found = await changes.of(field);
    if (!found || field.amend === 'fixed' || field.path === 'steps') continue;
    // What is live in a message can reach a step under way: oftener than chance would have it.
    const often = field.amend === 'live' && found.step !== undefined ? 8 : 1;
    edits[found.edit.base] = [...(edits[found.edit.base] ?? []), ...Array.from({ length: often }, () => found.edit)];
  }
});

afterAll(() => rm(root, { recursive: true, force: true }));

interface File {
  steps: { id: string; needs?: string[] }[];
}

/** What somebody does to the steps of a file. */
type Move = { do: 'drop' | 'later' | 'add'; at: number };

interface Revision {
  words: number[];
  moves: Move[];
}

const revision: fc.Arbitrary<Revision> = fc.record({
  words: fc.array(fc.nat(400), { maxLength: 3 }),
  moves: fc.array(fc.record({ do: fc.constantFrom('drop', 'later', 'add'), at: fc.nat(20) }), { maxLength: 2 }),
});
const base = fc.constantFrom('bulk', 'bulk', 'web', 'weekly');

/** A file of which nobody knows whether it is valid. */
function written(name: string, { words, moves }: Revision): object {
  const known = edits[name] ?? [];
  const worded = words.reduce((file, word) => tryEdit(file, known[word % known.length]), bases[name] as object);
  return moves.reduce(moved, worded as File);
}

function tryEdit(file: object, edit: Edit | undefined): object {
  try {
    return edit ? withAt(file, edit.place, edit.value) : file;
  } catch {
    return file;
  }
}

function moved(file: File, { do: verb, at }: Move, index: number): File {
  const { steps } = file;
  const place = at % steps.length;
  if (verb === 'drop') return { ...file, steps: steps.toSpliced(place, 1) };
  if (verb === 'add') {
    const added = {
      id: index === 0 ? 'constructor' : `more-${index}`,
      notify: { to: ['ops'], subject: 'More', message: 'More.' },
    };
    return { ...file, steps: steps.toSpliced(place + 1, 0, added) };
  }
  const [step] = steps.slice(place, place + 1);
  return step ? { ...file, steps: steps.toSpliced(place, 1).toSpliced(place + 1, 0, step) } : file;
}

interface Moment {
  /** How many steps are over. */
  over: number;
  skipped: number;
  underWay: 'running' | 'held' | 'waiting';
  isVoid: boolean;
}

const moment: fc.Arbitrary<Moment> = fc.record({
  // After four steps the message of the base file is under way.
  over: fc.oneof(fc.constant(4), fc.nat(14)),
  skipped: fc.nat(30),
  underWay: fc.constantFrom('running', 'running', 'held', 'waiting'),
  isVoid: fc.boolean(),
});

/** What has begun has had all that it needs; an approval may be void while what came after it is under way. */
function standingOf({ steps }: ResolvedCampaign, { over, skipped, underWay, isVoid }: Moment): Standing {
  const states: Record<string, StepState> = {};
  const gates: Standing['gates'] = {};
  const isOver = (id: string) => states[id] === 'done' || states[id] === 'skipped';
  for (let no = 0; no <= over; no += 1) {
    const next = steps.find(({ id, needs }) => !Object.hasOwn(states, id) && needs.every(isOver));
    if (!next) break;
    states[next.id] = no === over ? underWay : no === skipped ? 'skipped' : 'done';
    if (next.kind === 'gate' && states[next.id] !== 'waiting')
      gates[next.id] = states[next.id] === 'done' ? 'approved' : 'open';
  }
  for (const { id, kind } of steps)
    if (isVoid && kind === 'gate' && states[id] === 'done') {
      states[id] = 'waiting';
      gates[id] = 'void';
    }
  return { steps: states, gates };
}

const nothing: Standing = { steps: {}, gates: {} };

async function twoRevisions(name: string, one: Revision, other: Revision) {
  const both = { words: [...one.words, ...other.words], moves: [...one.moves, ...other.moves] };
  const [before, after] = [await changes.load(written(name, one)), await changes.load(written(name, both))];
  fc.pre(before !== undefined && after !== undefined);
  return { before: before as ResolvedCampaign, after: after as ResolvedCampaign };
}

const stateIn = ({ steps }: Standing, id: string): StepState =>
  (Object.hasOwn(steps, id) ? steps[id] : undefined) ?? 'waiting';

/** Every step can be reached: what it needs is there, and nothing needs itself. */
function isWhole({ steps }: ResolvedCampaign): boolean {
  const reached = new Set<string>();
  for (const _ of steps)
    for (const { id, needs } of steps) if (needs.every((need) => reached.has(need))) reached.add(id);
  return reached.size === steps.length && new Set(steps.map(({ id }) => id)).size === steps.length;
}

test('with nothing begun a run goes by the file, and a reverted file brings it back to where it was', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(base, revision, revision, async (name, one, other) => {
      const { before, after } = await twoRevisions(name, one, other);
      const there = amendmentOf(before, after, nothing);
      expect(there.campaign).toEqual(after);
      expect(amendmentOf(there.campaign, before, nothing).campaign).toEqual(before);
      compared += diffCampaigns(before, after).length;
    }),
    { numRuns: 60 },
  );
  expect(compared).toBeGreaterThan(100);
});

test('wherever a run stands, what it goes by after an amendment is whole, and begun steps differ in live fields only', async () => {
  let begun = 0;
  let judgedRuns = 0;
  await fc.assert(
    fc.asyncProperty(base, revision, revision, moment, async (name, one, other, now) => {
      const { before, after } = await twoRevisions(name, one, other);
      const standing = standingOf(before, now);
      const { campaign, changes: judged, withdrawn, voids } = amendmentOf(before, after, standing);
      if (judged.some(({ effect }) => effect === 'refused')) return;
      judgedRuns += 1;
      expect(isWhole(campaign)).toBe(true);

      const rules = new Map(judged.map(({ path, rule }) => [path, rule]));
      for (const { path } of diffCampaigns(before, campaign)) {
        const [top, id = ''] = path.split('.');
        if (top !== 'steps' || stateIn(standing, id) === 'waiting') continue;
        begun += 1;
        expect(['running', 'held']).toContain(stateIn(standing, id));
        expect([path, rules.get(path)]).toEqual([path, 'live']);
      }
      for (const { path } of diffCampaigns(campaign, after)) {
        if (path === 'order') continue;
        const effect = judged.find((change) => change.path === path)?.effect;
        expect([path, effect]).toEqual([path, expect.stringMatching(/^(none|withdrawn)$/)]);
      }
      const ids = new Set(after.steps.map(({ id }) => id));
      for (const id of withdrawn) expect([ids.has(id), stateIn(standing, id) === 'waiting']).toEqual([false, false]);
      for (const id of voids) expect(standing.gates[id]).toBe('approved');
    }),
    { numRuns: 400 },
  );
  expect(judgedRuns).toBeGreaterThan(100);
  expect(begun).toBeGreaterThan(5);
});

test('a message under way whose template has other words, under the same name, goes by those words', async () => {
  const unedited = { words: [], moves: [] };
  const { before } = await twoRevisions('bulk', unedited, unedited);
  const after: ResolvedCampaign = structuredClone(before);
  const letters = after.steps.filter((step) => step.kind === 'email');
  for (const { email } of letters) email.template.sha256 = 'b'.repeat(64);
  const standing: Standing = {
    steps: Object.fromEntries(before.steps.map(({ id }) => [id, 'running'])),
    gates: {},
  };
  const { campaign } = amendmentOf(before, after, standing);
  expect(letters.length).toBeGreaterThan(0);
  for (const letter of letters) expect(campaign.steps.find(({ id }) => id === letter.id)).toEqual(letter);
});

test('a campaign keyed by names is the same campaign', async () => {
  await fc.assert(
    fc.asyncProperty(base, revision, async (name, one) => {
      const campaign = await changes.load(written(name, one));
      fc.pre(campaign !== undefined);
      if (campaign) expect(unkeyedCampaign(JSON.parse(JSON.stringify(keyedCampaign(campaign))))).toEqual(campaign);
    }),
    { numRuns: 30 },
  );
});

test('so is every campaign of the gallery', async () => {
  const gallery = join(packageRoot(), 'campaigns');
  const { workspace } = await loadWorkspace(packageRoot());
  if (!workspace) throw new Error('no workspace');
  const folders = (await readdir(gallery, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(folders.length).toBeGreaterThan(10);
  for (const { name } of folders) {
    const { campaign } = await loadCampaign({ folder: join(gallery, name), workspace, root: packageRoot() });
    if (!campaign) throw new Error(`${name} is not valid`);
    expect(unkeyedCampaign(keyedCampaign(campaign.resolved))).toEqual(campaign.resolved);
  }
});

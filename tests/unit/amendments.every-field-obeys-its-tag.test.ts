import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AmendedChange, amendmentOf, type Standing } from '../../definition/amendment';
import type { StepState } from '../../definition/run-status';
import { type Field, fieldsOf } from '../../definition/schema/fields';
import { type FieldChange, FieldChanges } from '../support/field-changes';

const fields = fieldsOf('campaign');
const fieldAt = new Map(fields.map((field) => [field.path, field]));

/** Says the same whatever is written. */
const meaningless = ['steps.checkpoint.otherwise', 'program.rewards.promotion.platform'];

/** A step under another name is another step: its test is below. */
const names = ['steps.id'];

/** What follows from a field elsewhere in the file. */
const alongside: Record<string, RegExp> = {
  'schedule.timezone': /^(schedule\.(start|end)|objectives\.by|steps\.(validUntil|promotion\.valid\w+|wait\.until))$/,
  metrics: /^tracking$/,
  'metrics.platform': /^metrics\.steps$/,
  steps: /^order$/,
  'steps.experiment.platform': /^metrics\.steps$/,
  'steps.email.experiment.goal': /^steps\.email\.experiment\.method$/,
  'steps.experiment.goal': /^steps\.experiment\.method$/,
  'steps.promotion.codes': /^steps\.promotion\.limits\.perCode$/,
  'steps.promotion.limits.total': /^steps\.promotion\.limits\.perCode$/,
};

/** Resolved, a field may be a part of another. */
const partOf: Record<string, string> = {
  'steps.promotion.maxDiscount': 'steps.promotion.discount',
  'steps.wait.where': 'steps.wait.event',
  'steps.wait.timeout': 'steps.wait.event',
};

let root: string;
let changes: FieldChanges;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fields-'));
  changes = await FieldChanges.in(root);
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** The field of the schema that a change is in; names of steps, arms, metrics and objectives are no part of it. */
function fieldOf({ path }: AmendedChange): string {
  if (path === 'order') return path;
  const bare = path.replace(/^(steps|metrics|objectives)\.[^.]+/, '$1').replace(/\.arms\.[^.]+/, '.arms');
  const words = bare.split('.');
  while (words.length > 1 && !fieldAt.has(words.join('.'))) words.pop();
  return words.join('.');
}

const isWithin = (path: string, holder: string) => path === holder || path.startsWith(`${holder}.`);

/** The changes of a field and of what it holds; resolved, it may be part of a whole that changes. */
function ownChanges(field: Field, all: AmendedChange[]): AmendedChange[] {
  const { path } = field;
  return all.filter((change) => {
    const place = fieldOf(change);
    return isWithin(place, path) || isWithin(path, place) || place === partOf[path];
  });
}

function expectedEffect(field: Field, state: StepState | undefined): AmendedChange['effect'] {
  if (field.amend === 'fixed') return 'refused';
  if (state === undefined) return field.amend === 'live' ? 'at-once' : 'next-step';
  if (state === 'waiting') return 'next-step';
  return field.amend === 'live' && state === 'running' ? 'at-once' : 'none';
}

/** The gate before it was approved, unless the change is in the gate itself. */
function standingOf({ before, step }: FieldChange, state: StepState): Standing {
  const gate = before.steps.find(({ kind }) => kind === 'gate')?.id ?? '';
  return {
    steps: { [gate]: 'done', ...(step !== undefined && { [step]: state }) },
    gates:
      step === gate && state === 'waiting'
        ? {}
        : { [gate]: step === gate && state === 'running' ? 'open' : 'approved' },
  };
}

async function changeOf(field: Field): Promise<FieldChange> {
  const found = await changes.of(field);
  if (!found) throw new Error(`no file says another ${field.path}: give it one in tests/support/every-field.ts`);
  return found;
}

const changeable = fields.filter(({ path }) => ![...meaningless, ...names].includes(path));

test.each(changeable.map((field) => [field.path, field] as const))('%s', async (_, field) => {
  const change = await changeOf(field);
  const { before, after, step } = change;
  const states: (StepState | undefined)[] = step === undefined ? [undefined] : ['waiting', 'running', 'done'];
  for (const state of states) {
    const standing = standingOf(change, state ?? 'done');
    const amendment = amendmentOf(before, after, standing);
    const own = ownChanges(field, amendment.changes);
    const others = amendment.changes.filter((each) => !own.includes(each));
    expect(own).not.toEqual([]);
    expect(others.map(fieldOf).filter((path) => !alongside[field.path]?.test(path))).toEqual([]);

    for (const each of own) {
      const inner = fieldOf(each);
      const ruling = isWithin(inner, field.path) ? (fieldAt.get(inner) ?? field) : field;
      const isAdded = /^steps\.[^.]+$/.test(each.path);
      expect({ ...each, state }).toMatchObject({
        rule: ruling.amend,
        effect: isAdded ? 'next-step' : expectedEffect(ruling, each.step === undefined ? undefined : state),
      });
      expect(each.approvals).toBe(ruling.approvals);
    }

    const counts = amendment.changes.filter(({ effect }) => effect === 'at-once' || effect === 'next-step');
    if (counts.length === amendment.changes.length) expect(amendment.campaign).toEqual(after);
    if (amendment.changes.every(({ effect }) => effect === 'none')) expect(amendment.campaign).toEqual(before);

    const [gate = ''] = Object.keys(standing.gates);
    const isGate = step === gate || before.program !== undefined;
    const voids =
      !isGate && counts.some(({ approvals }) => approvals !== 'kept') && standing.gates[gate] === 'approved';
    if (step !== gate) expect(amendment.voids).toEqual(voids ? [gate] : []);
  }
});

test.each([
  ['waiting', 'next-step'],
  ['running', 'withdrawn'],
  ['done', 'withdrawn'],
  ['skipped', 'none'],
] as const)('a step under another name is another step: the former, %s, is %s', async (state, effect) => {
  const { before } = await changeOf(fieldAt.get('steps.notify.subject') as Field);
  const steps = before.steps.map((step) => (step.id === 'done' ? { ...step, id: 'finished' } : step));
  const after = { ...before, steps };
  const standing: Standing = { steps: { content: 'done', done: state }, gates: { content: 'approved' } };
  const amendment = amendmentOf(before, after, standing);
  expect(amendment.changes.map(({ path, effect: is }) => [path, is])).toEqual([
    ['order', 'at-once'],
    ['steps.done', effect],
    ['steps.finished', 'next-step'],
  ]);
  expect(amendment.withdrawn).toEqual(effect === 'withdrawn' ? ['done'] : []);
});

test.each(['approved', 'open', 'void'] as const)(
  'a gate that was asked, now %s, cannot be dropped or become another kind of step',
  async (state) => {
    const { before } = await changeOf(fieldAt.get('steps.notify') as Field);
    const standing: Standing = {
      steps: { content: state === 'approved' ? 'done' : 'waiting', offer: 'running' },
      gates: { content: state },
    };
    const steps = before.steps.map((step) =>
      step.id === 'content'
        ? { ...step, id: 'board' }
        : { ...step, needs: step.needs.map((id) => (id === 'content' ? 'board' : id)) },
    );
    const amendment = amendmentOf(before, { ...before, steps }, standing);
    expect(amendment.changes).toContainEqual(expect.objectContaining({ path: 'steps.content', effect: 'refused' }));
    const other = {
      ...before,
      steps: before.steps.map((step) => (step.id === 'content' ? { ...step, kind: 'wait', wait: { for: 1 } } : step)),
    };
    const judged = amendmentOf(before, other as typeof before, standing).changes;
    expect(judged).toContainEqual(expect.objectContaining({ path: 'steps.content.kind', effect: 'refused' }));
  },
);

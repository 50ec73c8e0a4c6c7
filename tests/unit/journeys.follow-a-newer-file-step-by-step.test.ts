import fc from 'fast-check';
import { followedWay, stepsBefore, type WayStep } from '../../definition/followed-way';

/** Steps one after the other. */
const inOrder = (...ids: string[]): WayStep[] =>
  ids.map((id, index) => ({ id, needs: index === 0 ? [] : [ids[index - 1] as string] }));

/** Somebody's way: takes a file's steps when what they need is over, and follows newer files. */
class Person {
  readonly begun: string[] = [];
  readonly underWay = new Set<string>();
  private way: { steps: WayStep[]; past: Set<string> };

  constructor(public file: readonly WayStep[]) {
    this.way = { steps: [...file], past: new Set() };
  }

  ready(): string[] {
    const isOver = (id: string) => this.way.past.has(id) || (this.begun.includes(id) && !this.underWay.has(id));
    return this.way.steps.flatMap(({ id, needs }) => (!this.begun.includes(id) && needs.every(isOver) ? [id] : []));
  }

  begin(id: string): void {
    this.begun.push(id);
    this.underWay.add(id);
  }

  follow(after: readonly WayStep[]) {
    const { begun, underWay } = this;
    const way = followedWay({ before: this.way.steps, after, begun: new Set(begun), underWay });
    const stays = this.way.steps.filter(({ id }) => begun.includes(id));
    this.way = { steps: [...stays, ...way.take], past: new Set(way.past.map(({ id }) => id)) };
    this.file = after;
    return way;
  }

  /** To the end. */
  goOn(): void {
    for (let [next] = this.ready(); next !== undefined || this.underWay.size > 0; [next] = this.ready()) {
      for (const id of this.underWay) this.underWay.delete(id);
      if (next !== undefined) this.begin(next);
    }
  }
}

test.each([
  ['a step in between, for who stands before it', ['a', 'w', 'b'], ['a', 'w', 'x', 'b'], 2, ['x', 'b'], []],
  ['a step in between, for who is past it', ['a', 'w', 'b', 'c'], ['a', 'w', 'x', 'b', 'c'], 3, ['c'], ['x']],
  ['a step at the end', ['a', 'b'], ['a', 'b', 'c'], 2, ['c'], []],
  ['a step at the front', ['a', 'b'], ['x', 'a', 'b'], 1, ['b'], ['x']],
  ['a step that is gone', ['a', 'b', 'c'], ['a', 'c'], 1, ['c'], []],
  ['the step where the person stands is gone', ['a', 'w', 'b', 'c'], ['a', 'x', 'c'], 2, ['x', 'c'], []],
  ['two steps in another order', ['a', 'b', 'c', 'd'], ['a', 'c', 'b', 'd'], 2, ['d'], ['c']],
  ['nothing in common', ['a', 'b'], ['x', 'y'], 1, ['x', 'y'], []],
  ['nothing begun', ['a', 'b'], ['b', 'x'], 0, ['b', 'x'], []],
])('%s', (_, before, after, begun, take, past) => {
  const person = new Person(inOrder(...before));
  for (const id of before.slice(0, begun)) {
    person.underWay.clear();
    person.begin(id);
  }
  const way = person.follow(inOrder(...after));
  expect(way.take.map(({ id }) => id)).toEqual(take);
  expect(way.past.map(({ id }) => id)).toEqual(past);
  person.goOn();
  expect(person.begun).toEqual([...before.slice(0, begun), ...take]);
});

test('what goes on and is no longer in the file is over before anything new begins', () => {
  const person = new Person(inOrder('a', 'w', 'b'));
  person.begin('a');
  person.underWay.clear();
  person.begin('w');
  person.follow(inOrder('a', 'x', 'b'));
  expect(person.ready()).toEqual([]);
  person.underWay.clear();
  expect(person.ready()).toEqual(['x']);
});

/** A file: some of ten steps in any order, each after some of those before it. */
const file = fc
  .shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'], { minLength: 1 })
  .chain((ids) =>
    fc
      .tuple(...ids.map((_, index) => fc.subarray(ids.slice(0, index))))
      .map((needs) => ids.map((id, index): WayStep => ({ id, needs: needs[index] ?? [] }))),
  );
const plainFile = file.map((steps) => inOrder(...steps.map(({ id }) => id)));

type Move = { do: 'begin' | 'end'; which: number } | { do: 'follow'; file: WayStep[] };
const moves = (files: fc.Arbitrary<WayStep[]>) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('begin' as const, 'end' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('follow' as const), file: files }) },
    ),
    { maxLength: 40 },
  );

const nth = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)];

function make(person: Person, move: Move): void {
  if (move.do === 'follow') person.follow(move.file);
  const id = move.do === 'begin' ? nth(person.ready(), move.which) : undefined;
  if (id !== undefined) person.begin(id);
  const ending = move.do === 'end' ? nth([...person.underWay], move.which) : undefined;
  if (ending !== undefined) person.underWay.delete(ending);
}

test('no step happens twice, none that the newest file does not have, and none behind another', () => {
  fc.assert(
    fc.property(file, moves(file), (first, all) => {
      const person = new Person(first);
      for (const move of all) {
        const before = person.begun.length;
        make(person, move);
        const newly = person.begun.slice(before);
        const earlier = new Set(person.begun.slice(0, before));
        const behind = stepsBefore(person.file, earlier);
        for (const id of newly) {
          expect(earlier.has(id)).toBe(false);
          expect(person.file.map((step) => step.id)).toContain(id);
          expect(behind.has(id)).toBe(false);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('whatever is not past comes: nobody is stuck, and every step is taken, past, or had begun', () => {
  fc.assert(
    fc.property(file, moves(file), file, (first, all, last) => {
      const person = new Person(first);
      for (const move of all) make(person, move);
      const begun = new Set(person.begun);
      const { take, past } = person.follow(last);
      person.goOn();
      expect(new Set(person.begun)).toEqual(new Set([...begun, ...take.map(({ id }) => id)]));
      expect(new Set([...take, ...past].map(({ id }) => id))).toEqual(
        new Set(last.flatMap(({ id }) => (begun.has(id) ? [] : [id]))),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('of steps one after the other, those after the last common one are taken, in the order of the newer file', () => {
  fc.assert(
    fc.property(plainFile, moves(plainFile), plainFile, (first, all, last) => {
      const person = new Person(first);
      for (const move of all) make(person, move);
      const begun = [...person.begun];
      const { withdrawn } = person.follow(last);
      person.goOn();
      const lastCommon = last.findLastIndex(({ id }) => begun.includes(id));
      expect(person.begun.slice(begun.length)).toEqual(last.slice(lastCommon + 1).map(({ id }) => id));
      expect(withdrawn.some((id) => last.some((step) => step.id === id))).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

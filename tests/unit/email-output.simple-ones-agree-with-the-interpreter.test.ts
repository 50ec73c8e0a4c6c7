import fc from 'fast-check';
import { isRenderError } from '../../email';
import { createLiquid } from '../../email/liquid';
import { compileSimpleOutput } from '../../email/simple-output';
import { asHtml } from '../../email/value';

const liquid = createLiquid({ escapeOutput: asHtml, locale: 'en' });
const value = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(undefined),
  fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
);
const path = fc.constantFrom(
  'contact.a',
  'contact.b',
  'contact.missing',
  'contact.deep.c',
  'contact.deep.missing',
  'contact.missing.c',
  'unsubscribeUrl',
);
const space = fc.constantFrom('', ' ', '  ');
const fallback = fc.constantFrom('', ` | default: 'x<y'`, ' | default: "it\'s"', '|default:""');
const transforms = fc
  .array(fc.constantFrom('|upcase', ' | downcase', '| capitalize ', ' |strip'), { maxLength: 3 })
  .map((all) => all.join(''));

test('every simple output renders, or fails, as the interpreter has it', () => {
  let simple = 0;
  fc.assert(
    fc.property(path, fallback, transforms, space, value, value, value, (name, defaulted, changes, pad, a, b, c) => {
      const content = `${pad}${name}${defaulted}${changes}${pad}`;
      const scope = {
        contact: { ...definedOnly({ a, b }), deep: definedOnly({ c }) },
        unsubscribeUrl: 'https://x.example',
      };
      const compiled = compileSimpleOutput(content, asHtml);
      if (!compiled) return;
      simple++;
      expect(attempt(() => compiled(scope))).toEqual(attempt(() => liquid.parseAndRenderSync(`{{${content}}}`, scope)));
    }),
    { numRuns: 3000 },
  );
  expect(simple).toBeGreaterThan(2900);
});

test.each([
  'contact.tags.size',
  'contact.tags.first',
  'contact.name.length',
  "'literal'",
  'true',
  '3',
  'contact["a"]',
  'contact.a | append: "x"',
  'contact.a | upcase: "x"',
  'contact.a | upcase | default: "x"',
  'contact.a | default: contact.b',
  'contact.a | default',
  '(1..3)',
  '',
])('%s is left to the interpreter', (content) => expect(compileSimpleOutput(content, asHtml)).toBeUndefined());

test('properties that are not own are not there', () => {
  const output = compileSimpleOutput('contact.toString | default: "none"', asHtml);
  expect(output?.({ contact: {} })).toBe('none');
});

function definedOnly(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, each]) => each !== undefined));
}

function attempt(render: () => unknown): unknown {
  try {
    return { text: render() };
  } catch (error) {
    return { failed: isRenderError(error) || error instanceof Error };
  }
}

import { compileEmail, isRenderError } from '../../email';
import { personal, source } from '../support/compiled-email';

const canary = 'CANARY-OF-THE-HOST';

/** Reach for files, other templates, raw output, code, prototypes and variables that are not a recipient's. */
const escapes = [
  ...[
    'include',
    'render',
    'layout',
    'capture',
    'raw',
    'liquid',
    'echo',
    'cycle',
    'increment',
    'decrement',
    'tablerow',
    'block',
    'style',
    'section',
    'javascript',
    'schema',
    'paginate',
    'form',
    'import',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
  ].flatMap((tag) => [`{% ${tag} "/etc/passwd" %}`, `{%- ${tag} x = 1 -%}<b>{% end${tag} %}`]),
  ...[
    'raw',
    'json',
    'inspect',
    'where',
    'where_exp',
    'map',
    'find_exp',
    'filter_exp',
    'group_by_exp',
    'sort',
    'sum',
    'push',
    'escape',
    'base64_decode',
    'strip_html',
    'newline_to_br',
    'constructor',
    '__proto__',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'to_integer',
    'sha256',
    'hmac_sha256',
    'xml_escape',
    'cgi_escape',
    'url_decode',
  ].map((filter) => `{{ contact.firstName | ${filter} }}`),
  ...[
    'constructor',
    '__proto__',
    'prototype',
    'this',
    'self',
    'global',
    'globalThis',
    'process',
    'require',
    'environments',
    'scopes',
    'liquid',
    'context',
    'forloop',
    'toString',
    'secret',
    'settings',
    'people',
    'env',
  ].map((name) => `{{ ${name} }}`),
  ...[
    'contact.constructor',
    'contact.__proto__',
    'contact.constructor.constructor',
    'contact["__proto__"]',
    'contact["constructor"]["name"]',
    'contact.toString',
    'contact.hasOwnProperty',
    'contact.firstName.constructor',
    'contact.firstName.__proto__',
    'contact.tags.constructor',
    'contact.tags.map',
    'contact.tags.__proto__.map',
    'contact.firstName.at',
    'sender.constructor',
    'sender.__proto__',
    'campaign.constructor',
    'unsubscribeUrl.constructor',
    'now.constructor',
    'now.getTime',
    'contact.method',
  ].map((path) => `{{ ${path} }}`),
  '{% assign contact = "x" %}{{ contact.constructor.name }}',
  '{% for c in contact %}{{ c }}{% endfor %}',
  '{% for c in "constructor" %}{{ contact[c] }}{% endfor %}',
  '{% assign k = "__proto__" %}{{ contact[k] }}',
  '{% assign k = "constructor" %}{{ contact[k][k] }}',
  '{{ "<script>" }}{{ contact.firstName | prepend: "<script>" }}',
  '{% assign x = "<script>" %}{{ x }}',
  '{{ "<script>" | append: "x" | upcase | downcase }}',
  '{{ contact.tags | join: "<script>" }}',
  '{{ "&lt;script&gt;" | replace: "&lt;", "<" | replace: "&gt;", ">" }}',
  '{{ "now" | date: "<script>" }}',
  '{{ "\u0001" | append: "0\u0002" }}',
  '{% comment %}{% include "x" %}{% endcomment %}<b>',
];

/** Try to hold the process, or fill its memory. */
const exhaustion = [
  '{% for i in (1..100000000) %}{{ i }}{% endfor %}',
  '{% for i in (1..999999) %}{% for j in (1..999999) %}x{% endfor %}{% endfor %}',
  '{% for i in (1..900) %}{% for j in (1..900) %}{% for k in (1..900) %}{{ i }}{% endfor %}{% endfor %}{% endfor %}',
  '{% for i in (1..1000000000000) %}{% endfor %}',
  '{% for i in (0..9007199254740991) limit: 1 %}{% endfor %}',
  '{% assign a = "xxxxxxxxxx" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
  '{% assign a = "x" %}{% for i in (1..100000) %}{% assign a = a | append: "xxxxxxxxxxxxxxxxxxxx" %}{% endfor %}{{ a | size }}',
  '{% assign a = "aaaaaaaaaaaaaaaaaaaa" %}{% for i in (1..40) %}{% assign a = a | replace: "a", "aa" %}{% endfor %}{{ a }}',
  '{% assign a = "a,b" %}{% for i in (1..40) %}{% assign a = a | split: "," | join: ",,,,,,,," %}{% endfor %}{{ a }}',
  '{{ "now" | date: "%999999999d" }}',
  '{{ "now" | date: "%99999999999999999999S" }}',
  '{{ "now" | date: "%1000000N%1000000N" }}',
  '{{ "x" | truncatewords: 99999999999 }}',
  '{{ "x" | truncate: 99999999999 }}',
  `{{ contact.long | replace: "", "${'x'.repeat(1000)}" }}`,
  '{{ contact.long | split: "" | join: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }}',
  '{{ contact.long | slice: 0, 99999999999 }}',
  '{{ contact.long | truncatewords: 1 }}',
  '{{ contact.long | strip }}',
  '{{ contact.long | url_encode | url_encode | url_encode | url_encode | url_encode | url_encode }}',
  '{{ 9 | times: 999999999999999999999999 | times: 1e308 }}',
  '{{ 1 | divided_by: 0 }}',
  '{{ 1 | modulo: 0 }}',
  `${'{% if true %}'.repeat(3000)}x${'{% endif %}'.repeat(3000)}`,
  `{{ contact.firstName${' | upcase'.repeat(20_000)} }}`,
  `{% if ${'contact.firstName == "x" or '.repeat(5000)} true %}x{% endif %}`,
  `{{ contact${'.a'.repeat(20_000)} }}`,
  `{{ contact${'["a"]'.repeat(5000)} }}`,
  `{{ "${'a'.repeat(200_000)}" | replace: "a", "bbbbbbbbbbbbbbbb" }}`,
  `${'{{'.repeat(5000)}`,
  `${'{%'.repeat(5000)}`,
  `{{ ${'('.repeat(5000)} }}`,
  `{{ contact.firstName | ${'default: '.repeat(5000)} }}`,
  '{% for i in contact.tags %}{% for j in contact.tags %}{% for k in contact.tags %}{% for l in contact.tags %}{% for m in contact.tags %}{% for n in contact.tags %}{% for o in contact.tags %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}',
];

const recipient = personal({
  firstName: 'Ana',
  tags: Array.from({ length: 12 }, (_, n) => `t${n}`),
  long: 'a b '.repeat(25_000),
  id: 1,
});
Object.assign(Object.prototype, { method: () => canary });
afterAll(() => Reflect.deleteProperty(Object.prototype, 'method'));

test('there are at least 100 of them', () => expect(escapes.length + exhaustion.length).toBeGreaterThanOrEqual(100));

async function outcomeOf(body: string): Promise<{ html?: string; error?: unknown }> {
  const result = await compileEmail(source(body));
  if (!result.email) return {};
  try {
    return { html: result.email.preview(recipient).html };
  } catch (error) {
    expect(isRenderError(error)).toBe(true);
    return { error };
  }
}

test.each(escapes)('escape %s', async (body) => {
  const { html } = await outcomeOf(body);
  const shown = html?.slice(html.indexOf('<body>'), html.lastIndexOf('{{')) ?? '';
  expect(shown).not.toMatch(/<script|root:|CANARY|function|native code|\[object/i);
  expect(html ?? '').not.toContain('\u0001');
});

/** Bounds are counted, not timed; how long each takes is printed where VOLANTE_SHOW_TIMES is set. */
test.each(exhaustion.map((body) => [body.slice(0, 80), body] as const))('exhaustion %s', async (name, body) => {
  const start = performance.now();
  const { html = '' } = await outcomeOf(body);
  if (process.env.VOLANTE_SHOW_TIMES) process.stdout.write(`${(performance.now() - start).toFixed(0)} ms ${name}\n`);
  expect(html.length).toBeLessThan(4_000_000);
});

test('work beyond the bounds is a render error, the same every time', async () => {
  const [, loops = ''] = exhaustion;
  for (let n = 0; n < 3; n++) {
    expect((await outcomeOf(loops)).error).toMatchObject({ message: 'takes too much time or memory to render' });
  }
});

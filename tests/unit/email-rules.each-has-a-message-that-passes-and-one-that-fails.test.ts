import { type EmailSource, emailRules } from '../../email';
import { checkHeaders } from '../../email/checks/headers';
import { compiled, page, personal, problemsOf, shop, source } from '../support/compiled-email';

const html = (content: string, rest: Partial<EmailSource> = {}) =>
  source('', { template: { path: 'offer.html', content, format: 'html' }, ...rest });
const mjml = (body: string, head = '<mj-title>t</mj-title><mj-preview>p</mj-preview>', open = '<mjml lang="en">') =>
  source('', {
    template: {
      path: 'offer.mjml',
      format: 'mjml',
      content: `${open}<mj-head>${head}</mj-head><mj-body><mj-section><mj-column>${body}<mj-text>{{ sender.postalAddress }} <a href="{{ unsubscribeUrl }}">Bye</a></mj-text></mj-column></mj-section></mj-body></mjml>`,
    },
  });
const text = (content: string, body: string) => source(body, { text: { path: 'offer.txt', content } });
const footer = '\n{{ sender.postalAddress }} {{ unsubscribeUrl }}';

/** Rule, the words of its message, and a source that breaks it. */
const failing: [string, string, EmailSource][] = [
  ['EMAIL-108', 'no List-Id', source('', { sender: { ...shop, listId: undefined } })],
  ['EMAIL-109', 'is empty', text('  \n', '<p>x</p>')],
  ['EMAIL-109', 'shorter than 20 %', text('x', `<p>${'long '.repeat(300)}</p>`)],
  [
    'EMAIL-109',
    'lacks the link https://shop.example/a?b=1&c=2',
    text(`Hello${footer}`, '<a href="https://shop.example/a?b=1&amp;c=2">x</a>'),
  ],
  ['EMAIL-110', 'U+0000', source('a\u0000b')],
  ['EMAIL-110', 'U+0001', source('a\u00010\u0002b')],
  ['EMAIL-110', 'U+000D', source('', { subject: 'Hello\r\nBcc: evil@evil.example' })],
  ['EMAIL-110', 'U+2028', source('', { preheader: 'Hello\u2028there' })],
  [
    'EMAIL-110',
    'no plain e-mail address',
    source('', { sender: { ...shop, address: 'a@b.example\r\nBcc: c@d.example' } }),
  ],
  ['EMAIL-110', 'replyTo', source('', { sender: { ...shop, replyTo: 'Ana <a@b.example>' } })],
  ['EMAIL-110', 'listId', source('', { sender: { ...shop, listId: 'a>\r\nX: y' } })],
  ['EMAIL-120', 'has no lang', html(page('').replace(' lang="en"', ''))],
  ['EMAIL-120', 'no <title>', html(page('').replace('Offer', ' '))],
  ['EMAIL-120', 'no alt', source('<img src="https://cdn.example/a.png">')],
  ['EMAIL-120', 'has no lang', mjml('', undefined, '<mjml>')],
  ['EMAIL-120', 'no alt', mjml('<mj-image src="https://cdn.example/a.png" />')],
  ['EMAIL-120', 'no <mj-title>', mjml('', '')],
  ['EMAIL-121', 'Gmail shows the first 102 kB', source(`<p>${'word '.repeat(21_000)}</p>`)],
  ['EMAIL-121', 'picture is not https', source('<img src="http://cdn.example/a.png" alt="">')],
  ['EMAIL-121', 'no https address', source('<img src="data:image/png;base64,AA" alt="">')],
  ['EMAIL-121', 'no https address', mjml('<mj-image alt="" src="logo.png" />')],
  ['EMAIL-121', '<script>', source('<script>alert(1)</script>')],
  ['EMAIL-121', '<form>', source('<form action="https://shop.example"></form>')],
  ['EMAIL-121', '<iframe>', source('<iframe src="https://shop.example"></iframe>')],
  ['EMAIL-121', 'script in onclick', source('<p onclick="x()">x</p>')],
  ['EMAIL-121', 'reloads itself', html(page('').replace('<head>', '<head><meta http-equiv="Refresh" content="0">'))],
  ['EMAIL-121', 'begins with data', source('<img src="{{ contact.picture | default: "x" }}" alt="">')],
  ['EMAIL-122', 'not https', source('<a href="http://shop.example/">x</a>')],
  ['EMAIL-122', 'scheme javascript', source('<a href="JavaScript:alert(1)">x</a>')],
  ['EMAIL-122', 'scheme data', source('<a href="data:text/html,x">x</a>')],
  ['EMAIL-122', 'begins with data', source('<a href="{{ contact.url | default: "x" }}">x</a>')],
  ['EMAIL-122', 'begins with data', source('<a href="{% if contact.a %}https://a.example{% endif %}">x</a>')],
  [
    'EMAIL-122',
    'host of the link is data',
    source('<a href="https://{{ contact.shop | default: "x" }}.example/">x</a>'),
  ],
  ['EMAIL-122', 'user name', source('<a href="https://bank.example@evil.example/">x</a>')],
  ['EMAIL-122', 'bare IP', source('<a href="https://192.0.2.7/">x</a>')],
  ['EMAIL-122', 'bare IP', source('<a href="https://0xC0000207/">x</a>')],
  ['EMAIL-122', 'port 8443', source('<a href="https://shop.example:8443/">x</a>')],
  ['EMAIL-122', 'not a whole address', source('<a href="/offers">x</a>')],
  ['EMAIL-122', 'without an address', source('<a href="">x</a>')],
  ['EMAIL-122', 'leads nowhere', source('<a href="#">x</a>')],
  ['EMAIL-122', 'not https', mjml('<mj-button href="http://shop.example">x</mj-button>')],
  ['EMAIL-122', 'contact.firstName has no fallback', source('<p>Hi {{ contact.firstName }}</p>')],
  ['EMAIL-122', 'contact.city has no fallback', source('', { subject: 'Hi {{ contact.city }}' })],
  ['EMAIL-123', 'has 80 characters', source('', { subject: 'abcdefghi '.repeat(8).trim().padEnd(80, '!') })],
  ['EMAIL-123', 'capitals', source('', { subject: 'ÚLTIMAS HORAS 50 %' })],
  ['EMAIL-123', 'pretends', source('', { subject: 'Re: your order' })],
  ['EMAIL-123', 'no subject', source('', { subject: ' ' })],
  ['EMAIL-123', 'no preview line', source('', { preheader: undefined })],
  ['EMAIL-130', 'not closed', source('', { subject: 'Hi {{ contact.firstName' })],
  ['EMAIL-130', 'nested more than 20', source('{% if true %}'.repeat(21) + '{% endif %}'.repeat(21))],
  ['EMAIL-130', 'more than 2000 pieces', source('{{ contact.email }}'.repeat(2001))],
  ['EMAIL-130', 'more than 2000 characters', source(`{{ contact.email${' | upcase'.repeat(300)} }}`)],
  ['EMAIL-130', 'not closed', source('{% if contact.a %}x')],
  ['EMAIL-130', '', source('', { subject: '{{ | }}' })],
  ['EMAIL-131', 'no tag include', source('{% include "x" %}')],
  ['EMAIL-131', 'no filter raw', source('{{ contact.a | raw }}')],
  ['EMAIL-131', 'no variable firstName', source('{{ firstName }}')],
  ['EMAIL-131', 'name one of its fields', source('{{ contact }}')],
  ['EMAIL-131', 'sender has only', source('{{ sender.password }}')],
  ['EMAIL-131', 'belongs to no campaign', source('{{ campaign.name }}', { campaign: undefined })],
  ['EMAIL-132', 'in the attribute style', source('<p style="color:{{ contact.color | default: 1 }}">x</p>')],
  ['EMAIL-132', 'inside a tag', source('<p {{ contact.a | default: 1 }}>x</p>')],
  ['EMAIL-132', 'name of a tag', source('<x{{ contact.a | default: 1 }}>x')],
  ['EMAIL-132', 'without quotes', source('<a href=https://shop.example/{{ contact.a | default: 1 }}>x</a>')],
  [
    'EMAIL-132',
    'inside <style>',
    html(page('').replace('<head>', '<head><style>{{ contact.css | default: 1 }}</style>')),
  ],
  ['EMAIL-132', 'in the attribute style', mjml('<mj-text color="{{ contact.color | default: 1 }}">x</mj-text>')],
  ['EMAIL-133', "doesn't exist", mjml('<mj-nothing>x</mj-nothing>')],
  ['EMAIL-133', 'one file', mjml('<mj-include path="/etc/passwd" />')],
  ['EMAIL-133', 'would be lost', mjml('<mj-table></mj-table>{{ contact.a | default: 1 }}')],
  [
    'EMAIL-133',
    'Malformed',
    source('', { template: { path: 'offer.mjml', format: 'mjml', content: '<mjml></mjml>' } }),
  ],
  ['LEGAL-203', 'standard footer', html('<html lang="en"><head><title>t</title></head><body>x</body></html>')],
  ['LEGAL-203', 'no postal address', source('', { sender: { ...shop, postalAddress: ' ' } })],
];

const passing: EmailSource[] = [
  source(
    '<img src="https://cdn.example/a.png" alt=""><a href="https://shop.example/a/{{ contact.id | default: 0 }}?b=1">x</a>' +
      '<a href="mailto:hola@shop.example">m</a><a href="tel:+34910000000">t</a><a href="http://localhost:8080/x">l</a>' +
      '{% if contact.vip %}{{ contact.vip }}{% endif %}{{ contact.email }}<a href="#top">up</a>',
    { subject: '15 % for {{ contact.firstName | default: "you" }}' },
  ),
  text(
    `A text that says the same https://shop.example/a?b=1&c=2${footer}`,
    '<a href="https://shop.example/a?b=1&amp;c=2">x</a>',
  ),
  mjml(
    '<mj-image alt="A hat" src="https://cdn.example/hat.png" /><mj-button href="https://shop.example/{{ contact.id | default: 1 }}">x</mj-button><mj-raw>{% if contact.vip %}</mj-raw><mj-text>vip</mj-text><mj-raw>{% endif %}</mj-raw>',
  ),
];

test.each(passing.map((good) => [good.template.path, good] as const))(
  'nothing is wrong with a good %s',
  async (_path, good) => {
    expect(await problemsOf(good)).toEqual([]);
  },
);

test.each(failing)('%s fails: %s', async (rule, words, bad) => {
  expect(await problemsOf(bad)).toContainEqual(
    expect.objectContaining({ rule, message: expect.stringContaining(words) }),
  );
});

describe('the head of a message', () => {
  const good =
    'From: a\r\nList-Unsubscribe: <https://go.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <a.example>\r\n';

  test('passes as it is composed', async () => {
    const raw = (await compiled(source(''))).prepare(personal()).raw().toString();
    expect(checkHeaders(raw.slice(0, raw.indexOf('\r\n\r\n')))).toEqual([]);
    expect(checkHeaders(good)).toEqual([]);
  });

  test.each([
    ['EMAIL-104', good.replace('https', 'http')],
    ['EMAIL-104', good.replace(/List-Unsubscribe-Post.*\r\n/, '')],
    ['EMAIL-104', good.replace(/List-Unsubscribe:.*\r\n/, '')],
    ['EMAIL-104', `${good}List-Unsubscribe: <https://other.example/u>\r\n`],
    ['EMAIL-104', good.replace('One-Click', 'Two-Click')],
    ['EMAIL-105', good.replace('<https', '\r\n <https')],
    ['EMAIL-105', good.replace('/u>', `/${'u'.repeat(1000)}>`)],
    ['EMAIL-108', good.replace(/List-Id.*\r\n/, '')],
  ])('%s fails', (rule, head) => expect(checkHeaders(head)).toContainEqual(expect.objectContaining({ rule })));
});

test('every rule has a failing source, and the good ones pass them all', () => {
  const covered = new Set([...failing.map(([rule]) => rule), 'EMAIL-104', 'EMAIL-105']);
  expect([...covered].sort()).toEqual(emailRules.map(({ id }) => id).sort());
});

test('problems stand where they are, all of them at once, in order', async () => {
  const content = page('<p>\n  {{ contact.firstName }}\n  <a href="http://shop.example/">x</a></p>');
  const problems = await problemsOf(html(content, { subject: 'Re: x' }));
  expect(
    problems.map(({ rule, source: where, line, column, endColumn }) => [rule, where, line, column, endColumn]),
  ).toEqual([
    ['EMAIL-122', 'offer.html', 4, 3, 26],
    ['EMAIL-122', 'offer.html', 5, 6, 33],
    ['EMAIL-123', 'subject', 1, 1, 6],
  ]);
  for (const problem of problems) expect([problem.why, problem.fix].every((words) => words.length > 10)).toBe(true);
});

test('a syntax error stands where it is', async () => {
  const [problem] = await problemsOf(source('<p>\n  {% render "x" %}'));
  expect(problem).toMatchObject({ rule: 'EMAIL-131', source: 'offer.html', line: 4, column: 3, endColumn: 19 });
});

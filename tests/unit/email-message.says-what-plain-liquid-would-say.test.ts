import fc from 'fast-check';
import { Liquid } from 'liquidjs';
import { simpleParser } from 'mailparser';
import { compileEmail } from '../../email';
import { compiled, page, personal, shop, source } from '../support/compiled-email';

/** Liquid as anybody would use it, with nothing of ours but its strictness. */
const plain = {
  html: new Liquid({ outputEscape: 'escape', strictVariables: true, lenientIf: true, ownPropertyOnly: true }),
  text: new Liquid({ strictVariables: true, lenientIf: true, ownPropertyOnly: true }),
};

const word = fc.stringMatching(/^[a-zA-Z áéíñ€🎉<>&"'=.-]{0,40}$/u);
const anyText = fc.oneof(word, fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 200 }));
const printable = anyText.map((text) => text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\ufeff]/gu, ''));
const fixedText = printable.map((text) => text.replace(/[{}]/g, ' '));
const output = fc.constantFrom(
  '{{ contact.firstName }}',
  "{{ contact.firstName | default: 'amigo' }}",
  "{{ contact.missing | default: 'no hay' }}",
  '{{ contact.city | upcase }}',
  '{{contact.city|capitalize|strip}}',
  '{{- contact.firstName -}}',
  "{{ contact.firstName | append: ' <b>' | prepend: '&' }}",
  '{{ contact.orders | plus: 1 }}',
  '{{ contact.tags | join: ", " }}',
  '{{ unsubscribeUrl }}',
  '{{ sender.name }}',
  '{{ campaign.name }}',
  '{{ now | date: "%Y-%m-%d" }}',
);
const node: fc.Memo<string> = fc.memo((depth) =>
  depth <= 1
    ? fc.oneof(fixedText, output)
    : fc.oneof(
        fixedText,
        output,
        nodes(depth - 1).map((inner) => `{% if contact.city == "Madrid" %}${inner}{% else %}-{% endif %}`),
        nodes(depth - 1).map((inner) => `{%- unless contact.missing -%}${inner}{%- endunless -%}`),
        nodes(depth - 1).map((inner) => `{% for tag in contact.tags %}${inner}{{ tag }},{% endfor %}`),
        nodes(depth - 1).map(
          (inner) => `{% case contact.orders %}{% when 3 %}${inner}{% else %}${inner}x{% endcase %}`,
        ),
        nodes(depth - 1).map((inner) => `{% comment %}${inner}{% endcomment %}`),
        nodes(depth - 1).map((inner) => `{% assign greeting = contact.firstName %}{{ greeting }}${inner}`),
      ),
);
const nodes = (depth: number) => fc.array(node(depth), { maxLength: 5 }).map((all) => all.join(''));
const contacts = fc.record({
  firstName: printable,
  city: fc.oneof(fc.constant('Madrid'), printable),
  orders: fc.oneof(fc.constant(3), fc.integer(), fc.double({ noNaN: true })),
  tags: fc.array(printable, { maxLength: 4 }),
});

const subjects = fc.array(fc.oneof(fixedText, output), { maxLength: 4 }).map((all) => `Hola ${all.join('')}`);

describe('a filled message', () => {
  test('decodes to what plain Liquid renders, in HTML, text and subject', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(nodes(3), nodes(3), subjects, contacts, async (body, textBody, subject, contact) => {
        const html = page(body);
        const text = `${textBody}\n{{ unsubscribeUrl }} {{ sender.postalAddress }} ${body.replace(/[<>]/g, '')}${'long enough '.repeat(30)}`;
        const result = await compileEmail(
          source('', {
            template: { path: 'offer.html', content: html, format: 'html' },
            text: { path: 'offer.txt', content: text },
            subject,
            preheader: undefined,
          }),
        );
        if (!result.email) {
          // Generated text may hold markup with Liquid inside a tag; that is refused, and is another test's business.
          expect(result.problems.some((problem) => problem.severity === 'error')).toBe(true);
          return;
        }
        compared++;
        const who = personal(contact);
        const scope = {
          contact: { ...who.contact },
          unsubscribeUrl: who.unsubscribeUrl,
          sender: shop,
          campaign: { name: 'Spring sale' },
          now: who.date,
        };
        const parsed = await simpleParser(result.email.prepare(who).raw());
        expect(parsed.html).toBe(plain.html.parseAndRenderSync(html, scope));
        expect((parsed.text ?? '').trimEnd()).toBe(plain.text.parseAndRenderSync(text, scope).trimEnd());
        expect(parsed.subject ?? '').toBe(plain.text.parseAndRenderSync(subject, scope).trim());
        const preview = result.email.preview(who);
        expect(preview.html).toBe(parsed.html);
        expect(preview.subject).toBe(parsed.subject ?? '');
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(150);
  });

  test('has the headers of a good bulk message', async () => {
    const raw = (await compiled(source('<p>x</p>', { feedbackId: 'sale:shop:volante' }))).prepare(personal()).raw();
    const head = raw.subarray(0, raw.indexOf('\r\n\r\n')).toString();
    expect(head.split('\r\n')).toEqual([
      'From: La Tienda <hola@shop.example>',
      'Reply-To: ayuda@shop.example',
      'To: ana@customer.example',
      'Subject: A spring offer',
      'Message-ID: <0123456789abcdef0123456789abcdef@shop.example>',
      'Date: Thu, 01 Apr 2027 07:00:00 +0000',
      'List-Unsubscribe: <https://go.shop.example/u/tokentokentoken>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'List-Id: La Tienda <offers.shop.example>',
      'Feedback-ID: sale:shop:volante',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      expect.stringMatching(/^ boundary="=_volante_[0-9a-f]{24}"$/),
    ]);
  });

  test('is ASCII with lines of at most 78 characters in its body', async () => {
    const email = await compiled(source(`<p>${'ñandú '.repeat(200)}{{ contact.firstName }}${'x'.repeat(500)}</p>`));
    const raw = email
      .prepare(personal({ firstName: '€'.repeat(300) }))
      .raw()
      .toString('latin1');
    expect(raw).toMatch(/^[\t\r\n\x20-\x7e]*$/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('is rendered once and is the same every time', async () => {
    const email = await compiled(source('<p>{{ contact.firstName }}</p>'));
    const who = personal({ firstName: 'Ana' });
    const message = email.prepare(who);
    expect(message.raw()).toBe(message.raw());
    expect(email.prepare(who).raw().equals(message.raw())).toBe(true);
  });

  test('lists its variables', async () => {
    const email = await compiled(
      source('{% if contact.vip %}{{ contact.firstName | default: campaign.name }}{% endif %}'),
    );
    expect(email.variables).toEqual(
      [
        'campaign.name',
        'contact.firstName',
        'contact.vip',
        'sender.name',
        'sender.postalAddress',
        'unsubscribeUrl',
      ].sort(),
    );
  });

  test('its text part is made from the HTML where there is none', async () => {
    const body =
      '<h1>Hello {{ contact.firstName | default: "you" }}</h1>{% if contact.vip %}<p>Vip &amp; co</p>{% endif %}<p><a href="https://shop.example/a?b=1&amp;c=2">Shop</a></p><p>&#123;&#123; braces }}</p>';
    const email = await compiled(source(body));
    const text = (contact: Record<string, unknown>) => email.preview(personal(contact)).text;
    expect(text({ firstName: '<Ana>', vip: true })).toContain('Hello <Ana>\n');
    expect(text({ vip: true })).toContain('Vip & co');
    expect(text({ vip: false })).not.toContain('Vip');
    expect(text({})).toContain('Shop <https://shop.example/a?b=1&c=2>');
    expect(text({})).toContain('{{ braces }}');
    expect(text({})).toContain(`${shop.postalAddress} Unsubscribe <https://go.shop.example/u/tokentokentoken>`);
    expect(text({})).not.toContain('Only this week');
  });

  test('its hidden preview line opens the HTML', async () => {
    const email = await compiled(source('<p>x</p>', { preheader: 'Para {{ contact.firstName }} & <co>' }));
    const { html, preheader } = email.preview(personal({ firstName: '<Ana>' }));
    expect(preheader).toBe('Para <Ana> & <co>');
    expect(html).toMatch(/<body>\s*<div style="display:none[^"]*">Para &lt;Ana&gt; &amp; &lt;co&gt;<\/div>/);
  });

  test.each([
    ['en', 'Unsubscribe'],
    ['es-ES', 'Darse de baja'],
  ])('the standard footer in %s', async (locale, label) => {
    const template = {
      path: 'bare.html',
      format: 'html' as const,
      content: '<html lang="x"><head><title>t</title></head><body><p>Hi</p></body></html>',
    };
    const { html, text } = (await compiled(source('', { template, locale }))).preview(personal());
    for (const part of [html, text]) {
      expect(part).toContain(label);
      expect(part).toContain('https://go.shop.example/u/tokentokentoken');
      expect(part).toContain(shop.postalAddress);
    }
    expect(html.indexOf(label)).toBeLessThan(html.indexOf('</body>'));
  });

  test('a footer inside a condition is not for everybody: the standard one is added', async () => {
    const content = page('')
      .replace('<p>{{ sender', '{% if contact.x %}<p>{{ sender')
      .replace('</body>', '{% endif %}</body>');
    const email = await compiled(source('', { template: { path: 'a.html', content, format: 'html' } }));
    expect(email.preview(personal()).html).toContain('https://go.shop.example/u/tokentokentoken');
  });
});

describe('a recipient whose data cannot fill the template', () => {
  test.each([
    ['{{ contact.firstName }}', {}, 'contact.firstName'],
    ['{{ contact.firstName | upcase }}', {}, 'contact.firstName'],
    ['{{ contact.firstName }}', { firstName: null }, 'contact.firstName'],
    ['{% for t in contact.tags %}{{ t }}{% endfor %}', {}, 'contact.tags'],
    ['{% if true %}{{ contact.a.b }}{% endif %}', { a: {} }, 'a.b'],
    ['{{ contact.record }}', { record: { secret: 'value' } }, undefined],
  ])('%s with %j', async (body, contact, variable) => {
    const email = await compiled(source(body));
    let thrown: unknown;
    try {
      email.prepare(personal(contact));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'RenderError' });
    if (variable) expect(thrown).toMatchObject({ variable: expect.stringContaining(variable) });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('value: ');
  });

  test.each([
    'http://shop.example/u',
    'https://shop.example/a b',
    'https://shop.example/\r\nBcc: x',
    'javascript:1',
    '',
    'https://shop.example/ñ',
    `https://shop.example/${'x'.repeat(1000)}`,
    'https://a.example/>,<https://b.example',
  ])('the unsubscribe address %j is refused', async (unsubscribeUrl) => {
    const email = await compiled(source('<p>x</p>'));
    expect(() => email.prepare(personal({}, { unsubscribeUrl }))).toThrow(
      expect.objectContaining({ name: 'RenderError', variable: 'unsubscribeUrl' }),
    );
  });

  test('on this machine http will do', async () => {
    const email = await compiled(source('<p>x</p>'));
    expect(() => email.prepare(personal({}, { unsubscribeUrl: 'http://127.0.0.1:8080/u/x' }))).not.toThrow();
  });
});

import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { safeTarget } from '../../email/tracking';
import { compiled, personal, source } from '../support/compiled-email';

const tracking = {
  clickUrl: 'https://go.shop.example/c/1.abcdef.1.x',
  openUrl: 'https://go.shop.example/o/1.abcdef.1.x',
};
const both = { clicks: true, opens: true };

async function sent(body: string, contact: Record<string, unknown> = {}, options = both) {
  const email = await compiled(source(body, { tracking: options }));
  const me = personal(contact, { tracking });
  const { html, text } = await simpleParser(email.prepare(me).raw());
  return { email, me, html: html || '', text: text ?? '' };
}

test('every web link goes over the gateway, in HTML and text, and leads where its author wrote', async () => {
  const { email, me, html, text } = await sent(
    `<p><a href="https://shop.example/a?x=1&amp;y=2">One</a> <a href='https://shop.example/b'>Two</a> <a href="https://shop.example/a?x=1&amp;y=2">One again</a></p>`,
  );
  expect(html).not.toContain('shop.example/a');
  expect(html.match(/href=["']https:\/\/go\.shop\.example\/c\/1\.abcdef\.1\.x\/\d+["']/g)).toHaveLength(3);
  expect(text).toContain(`<${tracking.clickUrl}/0>`);
  expect(email.linkTarget(0, me)).toBe('https://shop.example/a?x=1&y=2');
  expect(email.linkTarget(1, me)).toBe('https://shop.example/b');
  for (const none of [2, -1, 0.5, Number.NaN]) expect(email.linkTarget(none, me)).toBeUndefined();
});

test('unsubscribing, writing, calling and places of the page itself stay what they are', async () => {
  const { html } = await sent(
    `<p><a href="mailto:ayuda@shop.example">Mail</a> <a href="tel:+34910000000">Call</a> <a href="#top">Up</a></p>`,
  );
  expect(html).toContain('href="mailto:ayuda@shop.example"');
  expect(html).toContain('href="tel:+34910000000"');
  expect(html).toContain('href="#top"');
  expect(html).toContain('href="https://go.shop.example/u/tokentokentoken"');
  expect(html).not.toContain('/c/');
});

test('a personal link is filled when it is followed, with what is known then', async () => {
  const { email, html } = await sent(
    `<p><a href="https://shop.example/{{ contact.city | default: 'all' | url_encode }}?c={{ contact.code | default: "none" }}">Go</a></p>`,
    { city: 'A Coruña', code: 'x"y' },
  );
  expect(html).toContain(`${tracking.clickUrl}/0`);
  const target = (contact: Record<string, unknown>) => email.linkTarget(0, personal(contact));
  expect(target({ city: 'A Coruña', code: 'x"y' })).toBe('https://shop.example/A+Coru%C3%B1a?c=x%22y');
  expect(target({})).toBe('https://shop.example/all?c=none');
});

test('a link that needs a variable of a loop or the moment of sending stays as it is', async () => {
  const { html } = await sent(
    `<p>{% for item in contact.items %}<a href="https://shop.example/{{ item }}">x</a>{% endfor %}
     <a href="https://shop.example/{{ now | date: '%Y' }}">y</a>{% assign z = "1" %}<a href="https://shop.example/{{ z }}">z</a></p>`,
    { items: ['p', 'q'] },
  );
  expect(html).toContain('https://shop.example/p');
  expect(html).toContain('https://shop.example/2027');
  expect(html).toContain('https://shop.example/1');
  expect(html).not.toContain('/c/');
});

test('the picture stands only in messages to those who agreed to it', async () => {
  const body = '<p><a href="https://shop.example/">Shop</a></p>';
  expect((await sent(body, { trackingConsent: true })).html).toContain(`<img src="${tracking.openUrl}"`);
  for (const consent of [undefined, false, 'true', 1])
    expect((await sent(body, { trackingConsent: consent })).html).not.toContain('/o/');
  expect((await sent(body, { trackingConsent: true }, { clicks: true, opens: false })).html).not.toContain('/o/');
});

test('previews show the links as written, and without tracking nothing changes', async () => {
  const body = '<p><a href="https://shop.example/a">A</a></p>';
  const tracked = await compiled(source(body, { tracking: both }));
  const plain = await compiled(source(body));
  expect(tracked.preview(personal())).toEqual(plain.preview(personal()));
  expect(plain.prepare(personal()).raw().toString()).toContain('https://shop.example/a');
  expect(plain.linkTarget(0, personal())).toBeUndefined();
});

test('whatever data says, a link leads to the host that the author wrote', async () => {
  const email = await compiled(
    source(
      '<p><a href="https://shop.example/{{ contact.path }}">x</a> <a href="https://shop.example?q={{ contact.path }}">y</a></p>',
      {
        tracking: both,
      },
    ),
  );
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '@evil.example/',
      '..//evil.example',
      '\\evil.example',
      '\t//evil.example',
      '.evil.example',
      '#@evil.example',
      ':8080',
    ),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(0, 1), (path, link) => {
      const target = email.linkTarget(link, personal({ path }));
      if (target !== undefined) expect(new URL(target).origin).toBe('https://shop.example');
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['https://shop.example/{{ contact.x }}', 'https://evil.example/'],
  ['https://shop.example{{ contact.x }}', 'https://shop.example.evil.example/'],
  ['https://shop.example/{{ contact.x }}', 'https://user@shop.example/'],
  ['https://shop.example/{{ contact.x }}', 'http://shop.example/'],
  ['https://shop.example/{{ contact.x }}', 'javascript:alert(1)'],
  ['{{ contact.x }}', 'https://shop.example/'],
])('%s rendered as %s leads nowhere', (template, rendered) => expect(safeTarget(template, rendered)).toBeUndefined());

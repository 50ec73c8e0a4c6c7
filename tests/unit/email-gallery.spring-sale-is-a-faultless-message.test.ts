import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import type { EmailSource } from '../../email';
import { compiled, personal, problemsOf, source } from '../support/compiled-email';

const folder = join(__dirname, '..', '..', 'campaigns', 'spring-sale');
const read = (path: string) => ({ path, content: readFileSync(join(folder, path), 'utf8') });
const offer: EmailSource = source('', {
  template: { ...read('offer.mjml'), format: 'mjml' },
  text: read('offer.txt'),
  subject: "{{ contact.firstName | default: 'Hola' }}, 15 % esta semana",
  locale: 'es',
});

test('no error and no warning, with its own text part or without', async () => {
  expect(await problemsOf(offer)).toEqual([]);
  expect(await problemsOf({ ...offer, text: undefined })).toEqual([]);
});

test('greets by name, or without one', async () => {
  const email = await compiled(offer);
  const { html, text, subject } = await simpleParser(email.prepare(personal({ firstName: 'Íñigo' })).raw());
  expect(subject).toBe('Íñigo, 15 % esta semana');
  expect(html).toContain('Hola, Íñigo:');
  expect(text).toContain('Hola, Íñigo:');
  expect(email.preview(personal()).text).toContain('Hola, amiga, amigo:');
});

test('fits far below the size at which Gmail cuts', async () => {
  const raw = (await compiled(offer)).prepare(personal()).raw();
  expect(raw.length).toBeLessThan(40_000);
});

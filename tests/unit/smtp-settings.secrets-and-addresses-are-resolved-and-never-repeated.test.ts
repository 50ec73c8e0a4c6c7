import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSecret } from '../../platforms/secrets';
import { parseServerAddress } from '../../platforms/smtp/server-address';

describe('a secret reference', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    writeFileSync(join(folder, 'smtp-url'), 'smtp://from-file\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('anything without a scheme of ours is the value itself', () => {
    expect(resolveSecret('smtp://u:p@host', {})).toBe('smtp://u:p@host');
  });
  test('env:// is an environment variable', () => {
    expect(resolveSecret('env://SMTP_URL', { SMTP_URL: 'smtp://h' })).toBe('smtp://h');
  });
  test('secret:// is a variable first, then a file without its last line end', () => {
    expect(resolveSecret('secret://smtp-url', { VOLANTE_SECRET_SMTP_URL: 'v', VOLANTE_SECRETS_DIR: folder })).toBe('v');
    expect(resolveSecret('secret://smtp-url', { VOLANTE_SECRETS_DIR: folder })).toBe('smtp://from-file');
  });
  test.each([
    ['env://MISSING', {}],
    ['env://EMPTY', { EMPTY: '' }],
    ['secret://missing', {}],
    ['secret://missing', { VOLANTE_SECRETS_DIR: '/nowhere' }],
    ['secret://../../etc/passwd', { VOLANTE_SECRETS_DIR: '/etc' }],
    ['secret://..', { VOLANTE_SECRETS_DIR: '/etc' }],
    ['secret:///etc/passwd', {}],
    ['env://', {}],
  ])('%s is refused with VOL-505', (reference, env) => {
    expect(() => resolveSecret(reference, env)).toThrow(expect.objectContaining({ code: 'VOL-505' }));
  });
});

describe('an SMTP address', () => {
  test.each([
    ['smtp://127.0.0.1:2525', { host: '127.0.0.1', port: 2525, secure: false, startTls: 'never' }],
    ['smtp://[::1]:25', { host: '::1', port: 25, startTls: 'never' }],
    ['smtp://mail.example', { port: 587, secure: false, startTls: 'offered', credentials: undefined }],
    ['smtps://mail.example', { port: 465, secure: true }],
    ['smtp://u:p@mail.example:25', { startTls: 'required', credentials: { user: 'u', pass: 'p' } }],
    ['smtp://a%40b:p%2Fq@mail.example', { credentials: { user: 'a@b', pass: 'p/q' } }],
    ['smtp://u:p@mail.example?tls=never&name=me.example', { startTls: 'never', name: 'me.example' }],
  ])('%s', (url, expected) => expect(parseServerAddress(url, 'mail')).toMatchObject(expected));

  test.each(['http://host', 'secretpassword', 'smtp://', 'smtp://u:secretpassword@h?tls=maybe', ''])(
    '%s is refused, and what it holds is not repeated',
    (url) => {
      expect(() => parseServerAddress(url, 'mail')).toThrow(expect.objectContaining({ code: 'VOL-102' }));
      expect(() => parseServerAddress(url, 'mail')).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('secretpassword') }),
      );
    },
  );
});

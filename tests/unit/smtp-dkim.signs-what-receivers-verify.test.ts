import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import fc from 'fast-check';
import { createSigner } from '../../platforms/smtp/dkim';
import { compiled, personal, source } from '../support/compiled-email';
import { dkimFault, signedFields } from '../support/dkim-verifier';

const pemOf = ({ publicKey, privateKey }: KeyPairKeyObjectResult) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
});
const rsa = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const other = pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }));
const ed25519 = pemOf(generateKeyPairSync('ed25519'));
const sign = createSigner({ domain: 'shop.example', selector: 's1', privateKey: rsa.privateKey });

async function message(unsubscribeUrl = `https://go.shop.example/u/${'t'.repeat(200)}`): Promise<Buffer> {
  const email = await compiled(source('<p>Hola, {{ contact.firstName | default: "x" }}</p>'));
  return email.prepare(personal({ firstName: 'María' }, { unsubscribeUrl })).raw();
}

test('the signature verifies, with a long List-Unsubscribe on one line', async () => {
  const signed = await sign(await message());
  expect(dkimFault(signed, rsa.publicKey)).toBeUndefined();
  expect(signed.toString()).toMatch(/^List-Unsubscribe: <https:\/\/go\.shop\.example\/u\/t{200}>\r$/m);
});

test('Ed25519 keys sign too', async () => {
  const signed = await createSigner({ domain: 'shop.example', selector: 's2', privateKey: ed25519.privateKey })(
    await message(),
  );
  expect(dkimFault(signed, ed25519.publicKey)).toBeUndefined();
});

test('EMAIL-104: both unsubscribe headers are signed, and nobody can add a second From', async () => {
  const fields = signedFields(await sign(await message()));
  expect(fields).toEqual(
    expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post', 'subject', 'to', 'date']),
  );
  expect(fields.filter((name) => name === 'from')).toHaveLength(2);
});

test('another key, another body, another subject and a second From are all seen', async () => {
  const signed = await sign(await message());
  const changed = (from: string | RegExp, to: string) =>
    Buffer.from(signed.toString('latin1').replace(from, to), 'latin1');
  expect(dkimFault(signed, other.publicKey)).toBe('signature differs');
  expect(dkimFault(changed('Hola', 'Hola!'), rsa.publicKey)).toBe('body hash differs');
  expect(dkimFault(changed('A spring', 'A winter'), rsa.publicKey)).toBe('signature differs');
  expect(dkimFault(changed(/List-Unsubscribe-Post.*\r\n/, ''), rsa.publicKey)).toBe('signature differs');
  expect(dkimFault(changed('\r\nTo:', '\r\nFrom: evil@evil.example\r\nTo:'), rsa.publicKey)).toBe('signature differs');
});

test('any body and folded headers verify', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '.', '=', '\u00e9'), maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(line, { maxLength: 3 }), async (body, folds) => {
      const subject = ['Subject: x', ...folds.map((text) => `y${text}`)].join('\r\n \t');
      const raw = Buffer.from(
        `From: a@shop.example\r\n${subject}\r\nTo:b@x.example\r\n\r\n${body.join('\r\n')}`,
        'latin1',
      );
      expect(dkimFault(await sign(raw), rsa.publicKey)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test('a key that is no key is refused at the start, without repeating it', () => {
  const attempt = () => createSigner({ domain: 'shop.example', selector: 's1', privateKey: 'not-a-key-but-secret' });
  expect(attempt).toThrow(expect.objectContaining({ code: 'VOL-505' }));
  expect(attempt).toThrow(expect.not.objectContaining({ message: expect.stringContaining('not-a-key') }));
});

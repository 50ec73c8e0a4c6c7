import { VolanteError } from '../../errors/volante-error';

/**
 * Base address of an Unleash server, ending with a slash; a path is kept, `/api` at its end is not.
 * Throws `VolanteError` VOL-102, which does not repeat the address.
 */
export function parseBaseAddress(url: string, platform: string): URL {
  const refused = (what: string) =>
    new VolanteError('VOL-102', {
      message: `the address of platform ${platform} ${what}`,
      fix: 'write https://flags.shop.example, with the token apart from it',
    });
  if (!URL.canParse(url)) throw refused('is not a URL');
  const base = new URL(url);
  if (base.protocol !== 'https:' && base.protocol !== 'http:')
    throw refused('begins with neither https:// nor http://');
  if (base.username !== '' || base.password !== '') throw refused('has a user or password in it');
  if (base.search !== '' || base.hash !== '') throw refused('has something after its path');
  base.pathname = `${base.pathname.replace(/\/+$/, '').replace(/\/api(?:\/admin)?$/, '')}/`;
  return base;
}

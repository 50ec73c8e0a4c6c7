import type { FastifyRequest } from 'fastify';
import { type Language, languages } from '../../i18n/catalogue';

/** For people we do not know: the first language of `Accept-Language` that we speak, in the order written, else English. */
export function visitorLanguage(request: FastifyRequest): Language {
  const wanted = (request.headers['accept-language'] ?? '')
    .split(',', 20)
    .map((range) => range.trim().slice(0, 2).toLowerCase());
  return wanted.flatMap((tag) => languages.filter((language) => language === tag))[0] ?? 'en';
}

import type { EmailAddress } from '../../email';
import {
  type CompiledEmail,
  compileEmail,
  type EmailSource,
  type Personal,
  parseAddress,
  type TemplateProblem,
} from '../../email';

export function address(text: string): EmailAddress {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`);
  return parsed.address;
}

export const shop = {
  name: 'La Tienda',
  address: 'hola@shop.example',
  replyTo: 'ayuda@shop.example',
  postalAddress: 'La Tienda S.L., Calle Mayor 1, 28013 Madrid, Spain',
  listId: 'offers.shop.example',
};

/** A whole HTML page without a fault, around `body`. */
export function page(body: string): string {
  return `<!doctype html>\n<html lang="en"><head><title>Offer</title></head><body>\n${body}\n<p>{{ sender.postalAddress }} <a href="{{ unsubscribeUrl }}">Unsubscribe</a></p></body></html>\n`;
}

export function source(body: string, rest: Partial<EmailSource> = {}): EmailSource {
  return {
    template: { path: 'offer.html', content: page(body), format: 'html' },
    subject: 'A spring offer',
    preheader: 'Only this week',
    sender: shop,
    locale: 'en',
    campaign: { name: 'Spring sale' },
    ...rest,
  };
}

export function personal(contact: Record<string, unknown> = {}, rest: Partial<Personal> = {}): Personal {
  return {
    key: 'run:offer:1:email',
    messageId: '<0123456789abcdef0123456789abcdef@shop.example>',
    to: address('ana@customer.example'),
    envelopeFrom: address('bounces@shop.example'),
    contact: { email: 'ana@customer.example', ...contact },
    unsubscribeUrl: 'https://go.shop.example/u/tokentokentoken',
    date: new Date('2027-04-01T07:00:00.000Z'),
    ...rest,
  };
}

/** Fails the test with the problems where there is an error. */
export async function compiled(input: EmailSource): Promise<CompiledEmail> {
  const result = await compileEmail(input);
  if (!result.email) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.email;
}

export async function problemsOf(input: EmailSource): Promise<TemplateProblem[]> {
  return (await compileEmail(input)).problems;
}

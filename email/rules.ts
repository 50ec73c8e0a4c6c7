/** What is checked in a message before anybody may send it. The rule registry of definitions merges these. */
import type { TemplateProblem } from './compiled';
import type { Place } from './position';

export interface EmailRule {
  id: string;
  severity: 'error' | 'warning';
  title: string;
  why: string;
  fix: string;
  /** Where the requirement comes from. */
  source: string;
}

export const emailRules = [
  {
    id: 'EMAIL-104',
    severity: 'error',
    title: 'one-click unsubscribe header with an https address',
    why: 'Gmail and Yahoo turn bulk mail away that cannot be unsubscribed from in one click',
    fix: 'give recipients an https unsubscribe address (http only on this machine)',
    source: 'RFC 8058 §3.1; Gmail and Yahoo sender requirements',
  },
  {
    id: 'EMAIL-105',
    severity: 'error',
    title: 'List-Unsubscribe on one line',
    why: 'a folded List-Unsubscribe breaks DKIM signatures at some receivers',
    fix: 'shorten the unsubscribe address: the line may have 998 characters',
    source: 'RFC 5322 §2.1.1; RFC 6376 §3.4',
  },
  {
    id: 'EMAIL-108',
    severity: 'warning',
    title: 'message says which list it belongs to',
    why: 'mail programs group and filter by List-Id, and complaints find their sender by it',
    fix: 'give the sender a `listId`, such as offers.shop.example',
    source: 'RFC 2919',
  },
  {
    id: 'EMAIL-109',
    severity: 'error',
    title: 'text part says what the HTML says',
    why: 'filters distrust a message whose two parts differ, and some people read only the text',
    fix: 'bring the text part up to date, or remove it to have it made from the HTML',
    source: 'RFC 2046 §5.1.4',
  },
  {
    id: 'EMAIL-110',
    severity: 'error',
    title: 'no control characters',
    why: 'a line end or a NUL in a header can smuggle in another header or recipient',
    fix: 'remove the character',
    source: 'RFC 5322 §2.2',
  },
  {
    id: 'EMAIL-120',
    severity: 'warning',
    title: 'readable with a screen reader',
    why: 'people who listen to their mail need its language, its title and what its pictures show',
    fix: 'add what is missing; a decorative picture has alt=""',
    source: 'WCAG 2.2: 1.1.1, 2.4.2, 3.1.1',
  },
  {
    id: 'EMAIL-121',
    severity: 'warning',
    title: 'only what mail programs show',
    why: 'Gmail cuts a message at 102 kB, and mail programs drop scripts, forms and insecure pictures',
    fix: 'remove it, or host it on a page and link to that',
    source: 'Gmail clipping; caniemail.com',
  },
  {
    id: 'EMAIL-122',
    severity: 'error',
    title: 'links lead where they seem to lead',
    why: 'insecure, odd or data-made addresses are what phishing looks like',
    fix: 'write the whole https address; put personal data only after the host name',
    source: 'M3AAWG sender best practices',
  },
  {
    id: 'EMAIL-123',
    severity: 'warning',
    title: 'honest, short subject and a preview line',
    why: 'long, shouting or deceptive subjects are cut, filtered or forbidden',
    fix: 'write at most 70 characters, not in capitals, without Re: or Fwd:, and a preheader',
    source: 'CAN-SPAM Act §5(a)(2)',
  },
  {
    id: 'EMAIL-130',
    severity: 'error',
    title: 'Liquid that can be read',
    why: 'the template cannot be filled in',
    fix: 'correct the Liquid',
    source: 'Liquid',
  },
  {
    id: 'EMAIL-131',
    severity: 'error',
    title: 'only Liquid that is safe in a message',
    why: 'templates may not reach files, other templates, raw output or variables that messages do not have',
    fix: 'use only the tags, filters and variables that messages have',
    source: 'OWASP ASVS 5.0: 1.3.7',
  },
  {
    id: 'EMAIL-132',
    severity: 'error',
    title: 'personal data only where it cannot become markup',
    why: 'in a tag, a style or an unquoted attribute, data could add markup of its own',
    fix: 'use it in text, or in a quoted href, src, alt, title or aria-label',
    source: 'OWASP ASVS 5.0: 1.2.1',
  },
  {
    id: 'EMAIL-133',
    severity: 'error',
    title: 'MJML that compiles',
    why: 'the template does not become HTML as it was meant to',
    fix: 'correct the MJML',
    source: 'MJML 5',
  },
  {
    id: 'LEGAL-203',
    severity: 'warning',
    title: 'sender, postal address and opt-out in every message',
    why: 'the law wants them in each commercial message',
    fix: 'use {{ unsubscribeUrl }} as a link and {{ sender.postalAddress }} in the template',
    source: 'CAN-SPAM Act §5(a)(5); LSSI 20 and 21.2',
  },
] as const satisfies readonly EmailRule[];

export type EmailRuleId = (typeof emailRules)[number]['id'];

const byId = new Map<string, EmailRule>(emailRules.map((rule) => [rule.id, rule]));

export interface Finding {
  rule: EmailRuleId;
  /** Path of the file, `subject` or `preheader`. */
  source: string;
  place: Place;
  message: string;
  /** Where it differs from the rule's own. */
  severity?: 'error' | 'warning';
  fix?: string;
}

export function problemOf({ rule, source, place, message, severity, fix }: Finding): TemplateProblem {
  const registered = byId.get(rule);
  if (!registered) throw new Error(`unknown rule ${rule}`);
  return {
    rule,
    source,
    ...place,
    message,
    severity: severity ?? registered.severity,
    why: registered.why,
    fix: fix ?? registered.fix,
  };
}

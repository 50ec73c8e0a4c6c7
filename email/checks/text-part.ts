/** EMAIL-109: an author's own text part against the HTML. */
import { placesOf } from '../position';
import type { Finding } from '../rules';
import { visibleText } from '../text-part';
import { linksOf } from './links';
import type { TemplateSource } from './template-source';

const leastShare = 0.2;

export function checkTextPart({
  path,
  content,
  maskedHtml,
  template,
}: {
  path: string;
  content: string;
  maskedHtml: string;
  template: TemplateSource;
}): Finding[] {
  const at = placesOf(content);
  const finding = (message: string): Finding => ({ rule: 'EMAIL-109', source: path, place: at(0), message });
  if (content.trim() === '') return [finding('text part is empty')];
  const findings: Finding[] = [];
  const htmlLength = visibleText(template.liquid.unmask(maskedHtml)).length;
  if (content.trim().length < leastShare * htmlLength) {
    findings.push(finding(`text part is shorter than ${leastShare * 100} % of the HTML's text`));
  }
  const text = normal(content);
  const missing = new Set(
    linksOf(template)
      .map(({ href }) => href.replaceAll('&amp;', '&'))
      .filter((href) => /^(?:https?:|\{\{)/.test(href) && !text.includes(normal(href))),
  );
  for (const href of missing) findings.push(finding(`text part lacks the link ${href}`));
  return findings;
}

function normal(text: string): string {
  return text.replace(/\s+/g, '');
}

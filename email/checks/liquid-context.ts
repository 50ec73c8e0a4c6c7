/** EMAIL-132: where in the finished HTML personal data stands. Escaping protects text and quoted attributes only. */
import { readMarkup } from '../markup';
import type { Finding } from '../rules';
import type { TemplateSource } from './template-source';

const safeAttributes: readonly string[] = ['href', 'src', 'alt', 'title', 'aria-label'];

/** `maskedHtml` is the whole HTML part with the template's Liquid still masked. */
export function checkLiquidContext(template: TemplateSource, maskedHtml: string): Finding[] {
  const findings: Finding[] = [];
  const report = (text: string, where: string) => {
    for (const mask of text.match(template.liquid.maskPattern) ?? []) {
      const token = template.liquid.tokenOf(mask);
      if (!token) continue;
      const place = template.at(token.start, token.end);
      findings.push({ rule: 'EMAIL-132', source: template.path, place, message: `Liquid ${where}` });
    }
  };
  const { elements, texts } = readMarkup(maskedHtml);
  for (const element of elements) {
    report(element.name, 'in the name of a tag');
    for (const attribute of element.attributes) {
      report(attribute.name, 'inside a tag');
      if (!safeAttributes.includes(attribute.name)) report(attribute.value, `in the attribute ${attribute.name}`);
      else if (!attribute.quoted) report(attribute.value, 'in an attribute without quotes');
    }
  }
  for (const run of texts) {
    const raw = run.inside.find((name) => name === 'style' || name === 'script');
    if (raw) report(run.text, `inside <${raw}>`);
  }
  return findings;
}

/** EMAIL-120: what people who listen to their mail need. */
import { attributeOf } from '../markup';
import type { Finding } from '../rules';
import type { TemplateSource } from './template-source';

export function checkAccessibility(template: TemplateSource): Finding[] {
  const { elements, texts } = template.markup;
  const [rootName, titleName] = template.format === 'mjml' ? ['mjml', 'mj-title'] : ['html', 'title'];
  const findings: Finding[] = [];
  const report = (place: { start: number; end: number }, message: string) =>
    findings.push({ rule: 'EMAIL-120', source: template.path, place: template.at(place.start, place.end), message });

  const root = elements.find((element) => element.name === rootName);
  const beginning = root ?? { start: 0, end: 0 };
  if (!root || !attributeOf(root, 'lang')?.value.trim()) report(beginning, `<${rootName}> has no lang`);
  if (
    !texts.some((run) => run.inside.at(-1) === titleName && template.content.slice(run.start, run.end).trim() !== '')
  ) {
    report(beginning, `message has no <${titleName}>`);
  }
  for (const element of elements) {
    const isPicture = element.name === 'img' || element.name === 'mj-image';
    if (isPicture && !attributeOf(element, 'alt')) report(element, 'picture has no alt text');
  }
  return findings;
}

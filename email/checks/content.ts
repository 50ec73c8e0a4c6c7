/** EMAIL-121: size, and what mail programs do not show. EMAIL-110: control characters. */
import { attributeOf, type Element, maxDepth } from '../markup';
import { placesOf } from '../position';
import type { Finding } from '../rules';
import { type TemplateSource, writtenValue } from './template-source';

/** Gmail shows so many bytes of HTML and cuts the rest. */
export const clippedAtBytes = 102_000;

/** Far more than any message needs; what is beyond is an attack on the programs that convert it. */
const maxElements = 10_000;
const maxStyleLength = 50_000;

const dangerous = new Set(['script', 'iframe', 'frame', 'object', 'embed', 'applet', 'base']);
const dropped = new Set(['form', 'input', 'button', 'select', 'textarea', 'video', 'audio']);
const pictures: Record<string, string> = {
  img: 'src',
  'mj-image': 'src',
  'mj-carousel-image': 'src',
  'mj-section': 'background-url',
  'mj-hero': 'background-url',
  'mj-wrapper': 'background-url',
};

/** Before anything converts the template. */
export function checkMarkupBounds(template: TemplateSource): Finding[] {
  const { elements, texts, depth } = template.markup;
  const styles = texts.filter(({ inside }) => inside.some((name) => name === 'style' || name === 'mj-style'));
  const styleLength = styles.reduce((sum, { text }) => sum + text.length, 0);
  const messages = [
    ...(template.content.trim() === '' ? ['template is empty'] : []),
    ...(depth > maxDepth ? [`elements nested more than ${maxDepth} deep`] : []),
    ...(elements.length > maxElements ? [`more than ${maxElements} elements`] : []),
    ...(styleLength > maxStyleLength ? [`more than ${maxStyleLength} characters of styles`] : []),
  ];
  return messages.map((message) => ({
    rule: 'EMAIL-121',
    severity: 'error',
    source: template.path,
    place: template.at(0),
    message,
    fix: 'write a message, and a simple one',
  }));
}

export function checkContent(template: TemplateSource, htmlBytes: number): Finding[] {
  const findings = template.markup.elements.flatMap((element) =>
    elementFaults(template, element).map(
      (fault): Finding => ({
        rule: 'EMAIL-121',
        source: template.path,
        place: template.at(element.start, element.end),
        ...fault,
      }),
    ),
  );
  if (htmlBytes > clippedAtBytes) {
    const message = `HTML has ${Math.ceil(htmlBytes / 1000)} kB; Gmail shows the first ${clippedAtBytes / 1000} kB`;
    findings.push({ rule: 'EMAIL-121', source: template.path, place: template.at(0), message, fix: 'shorten it' });
  }
  return findings;
}

type Fault = Pick<Finding, 'message' | 'severity'>;

function elementFaults(template: TemplateSource, element: Element): Fault[] {
  const faults: Fault[] = [];
  if (dangerous.has(element.name)) faults.push({ message: `<${element.name}> in a message`, severity: 'error' });
  if (dropped.has(element.name)) faults.push({ message: `<${element.name}> does not work in messages` });
  if (element.name === 'meta' && attributeOf(element, 'http-equiv')?.value.toLowerCase() === 'refresh') {
    faults.push({ message: 'message that reloads itself', severity: 'error' });
  }
  for (const attribute of element.attributes) {
    if (/^on[a-z]+$/.test(attribute.name)) faults.push({ message: `script in ${attribute.name}`, severity: 'error' });
  }
  const picture = attributeOf(element, pictures[element.name] ?? '');
  if (picture) faults.push(...pictureFaults(writtenValue(template, picture)));
  return faults;
}

function pictureFaults(address: string): Fault[] {
  if (/^https:\/\/[^/{]+(?:\/|$)/i.test(address)) return [];
  if (/^https?:\/\/[^/]*\{|^\{/.test(address))
    return [{ message: 'address of a picture begins with data', severity: 'error' }];
  if (/^http:/i.test(address)) return [{ message: 'picture is not https' }];
  return [{ message: 'picture has no https address' }];
}

/** Tab and line ends are fine in files, not in a subject. */
export function checkCharacters(source: string, content: string, multiline: boolean): Finding[] {
  const forbidden = multiline ? /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g : /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;
  const at = placesOf(content);
  return [...content.matchAll(forbidden)].map(({ index, 0: character }) => ({
    rule: 'EMAIL-110',
    source,
    place: at(index, index + 1),
    message: `control character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  }));
}

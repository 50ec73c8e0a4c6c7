/** EMAIL-123: subject and preview line. */
import { placesOf } from '../position';
import type { Finding } from '../rules';
import type { TemplateSource } from './template-source';

const maxSubjectLength = 70;
const personal = /\{\{.*?\}\}|\{%.*?%\}/gs;

export function checkSubject(subject: string): Finding[] {
  const written = subject.replace(personal, '');
  const place = placesOf(subject)(0, subject.length);
  const finding = (message: string, severity?: 'error'): Finding => ({
    rule: 'EMAIL-123',
    source: 'subject',
    place,
    message,
    severity,
  });
  if (subject.trim() === '') return [finding('message has no subject', 'error')];
  const findings: Finding[] = [];
  const length = [...written.trim()].length;
  if (length > maxSubjectLength) findings.push(finding(`subject has ${length} characters`));
  if (/\p{L}{2}/u.test(written) && written.replace(/[^\p{L}]/gu, '').length >= 8 && !/\p{Ll}/u.test(written)) {
    findings.push(finding('subject is all in capitals'));
  }
  if (/^\s*(?:re|rv|fw|fwd|aw|wg)\s*:/i.test(written)) findings.push(finding('subject pretends to be an answer'));
  return findings;
}

export function checkPreheader(preheader: string | undefined, template: TemplateSource): Finding[] {
  const inTemplate = template.markup.elements.some((element) => element.name === 'mj-preview');
  if (preheader?.trim() || inTemplate) return [];
  return [
    {
      rule: 'EMAIL-123',
      source: template.path,
      place: template.at(0),
      message: 'message has no preview line',
      fix: 'add `preheader` to the step, or mj-preview to the template',
    },
  ];
}

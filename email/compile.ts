/** From the files of a revision to a message that only has to be filled in. Done once a revision. */
import { parseAddress } from './address';
import { checkAccessibility } from './checks/accessibility';
import { checkCharacters, checkContent, checkMarkupBounds } from './checks/content';
import { checkHeaders } from './checks/headers';
import { checkLinks } from './checks/links';
import { checkLiquidContext } from './checks/liquid-context';
import { checkFallbacks, checkLiquidSyntax } from './checks/liquid-syntax';
import { checkPreheader, checkSubject } from './checks/subject';
import { readTemplate, type TemplateSource } from './checks/template-source';
import { checkTextPart } from './checks/text-part';
import type { CompiledEmail, EmailSender, TemplateProblem } from './compiled';
import { htmlFooter, textFooter } from './footer';
import { maxTemplateLength } from './liquid';
import { readMarkup } from './markup';
import { maskLiquid } from './mask';
import { createMessage } from './message';
import { compileMjml } from './mjml';
import { placesOf } from './position';
import { type Finding, problemOf } from './rules';
import { textFromHtml } from './text-part';
import { type Tracking, trackedSource } from './tracking';
import { asHtml } from './value';

export interface EmailSource {
  /** Whole file, UTF-8 decoded; `path` is repeated in problems. */
  template: { path: string; content: string; format: 'mjml' | 'html' };
  /** Own text part; absent: made from the HTML. */
  text?: { path: string; content: string };
  /** Liquid. */
  subject: string;
  /** Liquid; hidden preview line. */
  preheader?: string;
  sender: EmailSender;
  /** BCP 47: language of the standard footer and of dates. */
  locale: string;
  /** Liquid `campaign.*`. */
  campaign?: { name: string };
  /** Gmail's `Feedback-ID`. */
  feedbackId?: string;
  /** Root variables besides those that every message has, such as `event` in a journey. */
  facts?: readonly string[];
  /** Absent: links lead where they say, and nobody knows who followed them. */
  tracking?: Tracking;
}

export type CompileResult =
  /** `problems` holds warnings only. */
  | { email: CompiledEmail; problems: TemplateProblem[] }
  /** At least one of the problems is an error. */
  | { email?: undefined; problems: TemplateProblem[] };

/** Never throws for what is in the files: everything wrong with them is in `problems`, sorted by source and place. */
export async function compileEmail(input: EmailSource): Promise<CompileResult> {
  const source = withLineFeeds(input);
  const checked = checkSources(source);
  if (checked.findings.some(isFatal)) return { problems: problemsOf(checked.findings) };

  const template = readTemplate(source.template);
  const excess = checkMarkupBounds(template);
  if (excess.length > 0) return { problems: problemsOf([...checked.findings, ...excess]) };
  const converted =
    template.format === 'mjml'
      ? await compileMjml(template)
      : { html: template.liquid.masked, findings: [] as Finding[] };
  const html = completeHtml({ source, template, maskedHtml: converted.html });
  const text = completeText({ source, template, maskedHtml: converted.html });
  const findings = [
    ...checked.findings,
    ...converted.findings,
    ...checkTemplate(template, { maskedHtml: converted.html, htmlBytes: Buffer.byteLength(html.content) }),
    ...checkPreheader(source.preheader, template),
    ...(source.text ? checkTextPart({ ...source.text, maskedHtml: converted.html, template }) : []),
    ...(html.hasFooter ? [footerAdded(template)] : []),
  ];
  if (findings.some(isError)) return { problems: problemsOf(findings) };

  const message = createMessage({
    html: html.content,
    text,
    tracked: source.tracking && trackedSource({ html: html.content, text }, source.tracking),
    subject: source.subject,
    preheader: source.preheader ?? '',
    sender: source.sender,
    locale: source.locale,
    campaign: source.campaign,
    feedbackId: source.feedbackId,
  });
  const email: CompiledEmail = { ...message.email, variables: [...new Set(checked.variables)].sort() };
  return { email, problems: problemsOf([...findings, ...checkHeaders(message.sampleHead)]) };
}

/** Everything that can be said before the template is converted. */
function checkSources(source: EmailSource): { findings: Finding[]; variables: string[] } {
  const files = [source.template, ...(source.text ? [source.text] : [])];
  const lines = [
    { path: 'subject', content: source.subject },
    ...(source.preheader === undefined ? [] : [{ path: 'preheader', content: source.preheader }]),
  ];
  const tooLong = files.filter(({ content }) => content.length > maxTemplateLength);
  if (tooLong.length > 0) return { findings: tooLong.map(templateTooLong), variables: [] };
  const findings = [
    ...checkSender(source.sender),
    ...checkSubject(source.subject),
    ...files.flatMap(({ path, content }) => checkCharacters(path, content, true)),
    ...lines.flatMap(({ path, content }) => checkCharacters(path, content, false)),
  ];
  const variables = ['unsubscribeUrl', 'sender.name', 'sender.postalAddress'];
  for (const { path, content } of [...files, ...lines]) {
    const syntax = checkLiquidSyntax(path, content, source.facts);
    findings.push(...syntax.findings);
    variables.push(...syntax.variables);
    if (!syntax.findings.some(isFatal)) findings.push(...checkFallbacks(path, content, maskLiquid(content).tokens));
  }
  if (variables.includes('campaign.name') && !source.campaign) {
    findings.push({
      rule: 'EMAIL-131',
      source: source.template.path,
      place: placesOf(source.template.content)(0),
      message: 'campaign.name is used, but this message belongs to no campaign',
    });
  }
  return { findings, variables };
}

function checkTemplate(template: TemplateSource, made: { maskedHtml: string; htmlBytes: number }): Finding[] {
  return [
    ...checkLiquidContext(template, made.maskedHtml),
    ...checkLinks(template),
    ...checkContent(template, made.htmlBytes),
    ...checkAccessibility(template),
  ];
}

function checkSender(sender: EmailSender): Finding[] {
  const place = { line: 1, column: 1, endColumn: 1 };
  const findings: Finding[] = [];
  const report = (rule: Finding['rule'], message: string) =>
    findings.push({ rule, source: 'sender', place, message, severity: 'error', fix: 'correct the sender' });
  if (!parseAddress(sender.address).ok) report('EMAIL-110', 'sender has no plain e-mail address');
  if (sender.replyTo !== undefined && !parseAddress(sender.replyTo).ok)
    report('EMAIL-110', 'replyTo is not an address');
  if (sender.listId !== undefined && !/^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(sender.listId)) {
    report('EMAIL-110', 'listId is not a dotted name such as offers.shop.example');
  }
  if (sender.postalAddress.trim() === '') report('LEGAL-203', 'sender has no postal address');
  return findings;
}

function completeHtml({ source, template, maskedHtml }: Conversion): { content: string; hasFooter: boolean } {
  const lacks = lacking(template.content, source.sender);
  let html = template.liquid.unmask(maskedHtml);
  if (source.preheader?.trim()) html = insertAfterBody(html, hiddenLine(source.preheader));
  const hasFooter = lacks.unsubscribe || lacks.postalAddress;
  if (hasFooter) html = insertBeforeBodyEnd(html, htmlFooter({ ...lacks, locale: source.locale }));
  return { content: html, hasFooter };
}

interface Conversion {
  source: EmailSource;
  template: TemplateSource;
  maskedHtml: string;
}

function completeText({ source, template, maskedHtml }: Conversion): string {
  const text = source.text?.content ?? textFromHtml(maskedHtml, template.liquid);
  const lacks = lacking(text, source.sender);
  return lacks.unsubscribe || lacks.postalAddress ? text + textFooter({ ...lacks, locale: source.locale }) : text;
}

/** Only what stands outside every condition is there for everybody. */
function lacking(content: string, sender: EmailSender): { unsubscribe: boolean; postalAddress: boolean } {
  let depth = 0;
  const always: string[] = [];
  for (const token of maskLiquid(content).tokens) {
    if (['if', 'unless', 'case', 'for', 'comment'].includes(token.tag)) depth++;
    else if (token.tag.startsWith('end')) depth--;
    else if (token.kind === 'output' && depth === 0) always.push(token.text.replace(/[{}\s-]/g, ''));
  }
  return {
    unsubscribe: !always.includes('unsubscribeUrl'),
    postalAddress: !always.includes('sender.postalAddress') && !content.includes(sender.postalAddress),
  };
}

function hiddenLine(preheader: string): string {
  const { masked, unmask } = maskLiquid(preheader);
  const style =
    'display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all';
  return `<div style="${style}">${unmask(asHtml(masked))}</div>\n`;
}

function insertAfterBody(html: string, addition: string): string {
  const at = readMarkup(html).elements.find(({ name }) => name === 'body')?.end ?? 0;
  return `${html.slice(0, at)}\n${addition}${html.slice(at)}`;
}

function insertBeforeBodyEnd(html: string, addition: string): string {
  const end = html.toLowerCase().lastIndexOf('</body');
  const at = end === -1 ? html.length : end;
  return html.slice(0, at) + addition + html.slice(at);
}

function footerAdded(template: TemplateSource): Finding {
  const message = 'template lacks {{ unsubscribeUrl }} or {{ sender.postalAddress }}: a standard footer was added';
  return { rule: 'LEGAL-203', source: template.path, place: template.at(0), message };
}

function templateTooLong({ path, content }: { path: string; content: string }): Finding {
  const message = `file has ${content.length} characters; at most ${maxTemplateLength} are read`;
  return { rule: 'EMAIL-121', severity: 'error', source: path, place: placesOf('')(0), message };
}

function withLineFeeds(input: EmailSource): EmailSource {
  const plain = (content: string) => content.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  return {
    ...input,
    template: { ...input.template, content: plain(input.template.content) },
    text: input.text && { ...input.text, content: plain(input.text.content) },
  };
}

/** Nothing more can be learnt from a source with such a finding. */
function isFatal(finding: Finding): boolean {
  return (
    isError(finding) && (finding.rule === 'EMAIL-130' || finding.rule === 'EMAIL-131' || finding.rule === 'EMAIL-121')
  );
}

function isError(finding: Finding): boolean {
  return problemOf(finding).severity === 'error';
}

function problemsOf(findings: readonly Finding[]): TemplateProblem[] {
  return findings
    .map(problemOf)
    .sort((a, b) => a.source.localeCompare(b.source, 'en') || a.line - b.line || a.column - b.column);
}

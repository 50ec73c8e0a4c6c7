/** EMAIL-130 and EMAIL-131: Liquid that parses, with tags, filters and variables that messages have. EMAIL-122: fallbacks. */
import { LiquidError, type Template } from 'liquidjs';
import { allowedFilters, allowedTags, createLiquid, liquidBounds, rootVariables } from '../liquid';
import { type LiquidToken, maskLiquid } from '../mask';
import { placesOf } from '../position';
import type { Finding } from '../rules';
import { asText } from '../value';

const checker = createLiquid({ escapeOutput: asText, locale: 'en', collectErrors: true });

/** What may stand after these roots; `contact` is open because attributes are imported. */
const knownProperties: Record<string, readonly string[]> = {
  sender: ['name', 'address', 'postalAddress'],
  campaign: ['name'],
  promotion: ['code', 'validUntil', 'discount'],
};

/** `facts`: root variables besides those that every message has. */
export function checkLiquidSyntax(
  source: string,
  content: string,
  facts: readonly string[] = [],
): { findings: Finding[]; variables: string[] } {
  let templates: Template[];
  try {
    const excess = checkBounds(source, content);
    if (excess.length > 0) return { findings: excess, variables: [] };
    templates = checker.parse(content);
  } catch (error) {
    return { findings: errorsOf(error).map((each) => syntaxFinding(each, source)), variables: [] };
  }
  return checkVariables({ source, content, facts }, templates);
}

/** Before parsing: nested or endless Liquid costs the parser more than its length. */
function checkBounds(source: string, content: string): Finding[] {
  const at = placesOf(content);
  const { tokens } = maskLiquid(content);
  const finding = ({ start, end }: LiquidToken, message: string): Finding => ({
    rule: 'EMAIL-130',
    source,
    place: at(start, end),
    message,
    fix: 'make it simpler',
  });
  const [tooMany] = tokens.slice(liquidBounds.tokens);
  if (tooMany) return [finding(tooMany, `more than ${liquidBounds.tokens} pieces of Liquid`)];
  const [tooLong] = tokens.filter(({ text }) => text.length > liquidBounds.tokenLength);
  if (tooLong) return [finding(tooLong, `piece of Liquid with more than ${liquidBounds.tokenLength} characters`)];
  let depth = 0;
  for (const token of tokens) {
    if (['if', 'unless', 'case', 'for'].includes(token.tag)) depth++;
    else if (token.tag.startsWith('end')) depth--;
    if (depth > liquidBounds.depth) return [finding(token, `tags nested more than ${liquidBounds.depth} deep`)];
  }
  return [];
}

/** A merge field with neither `default` nor a condition around it leaves a gap, or stops the message, for some people. */
export function checkFallbacks(source: string, content: string, tokens: readonly LiquidToken[]): Finding[] {
  const at = placesOf(content);
  const findings: Finding[] = [];
  const conditions: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'tag') {
      if (['if', 'unless', 'case', 'for'].includes(token.tag)) conditions.push(token.text);
      if (/^end(?:if|unless|case|for)$/.test(token.tag)) conditions.pop();
      continue;
    }
    const field = /^\{\{-?\s*(contact\.\w+|event\.data(?:\.\w+)*)/.exec(token.text)?.[1];
    if (!field || field === 'contact.email' || /\|\s*default\s*:/.test(token.text)) continue;
    if (conditions.some((condition) => condition.includes(field))) continue;
    findings.push({
      rule: 'EMAIL-122',
      severity: 'warning',
      source,
      place: at(token.start, token.end),
      message: `${field} has no fallback: whoever lacks it gets no message`,
      fix: `write {{ ${field} | default: '...' }}`,
    });
  }
  return findings;
}

function checkVariables(
  { source, content, facts }: { source: string; content: string; facts: readonly string[] },
  templates: Template[],
) {
  const at = placesOf(content);
  const lineStart = (row: number) => content.split('\n', row - 1).join('\n').length + (row > 1 ? 1 : 0);
  const findings: Finding[] = [];
  const variables = new Set<string>();
  for (const used of Object.values(checker.analyzeSync(templates).globals).flat()) {
    const name = String(used);
    const [root, property] = used.segments.map(String);
    variables.add(name);
    const message = variableFault({ root: root ?? '', property, facts });
    if (!message) continue;
    const start = lineStart(used.location.row) + used.location.col - 1;
    findings.push({ rule: 'EMAIL-131', source, place: at(start, start + name.length), message });
  }
  return { findings, variables: [...variables] };
}

function variableFault({
  root,
  property,
  facts,
}: {
  root: string;
  property: string | undefined;
  facts: readonly string[];
}): string | undefined {
  const roots: readonly string[] = [...rootVariables, ...facts];
  if (!roots.includes(root)) return `there is no variable ${root}; messages have ${roots.join(', ')}`;
  const isRecord = root === 'contact' || facts.includes(root);
  if (isRecord && property === undefined) return `${root} is a record: name one of its fields`;
  const known = knownProperties[root];
  if (!known) return undefined;
  return property !== undefined && known.includes(property) ? undefined : `${root} has only ${known.join(', ')}`;
}

function errorsOf(error: unknown): LiquidError[] {
  if (!LiquidError.is(error)) throw error;
  return 'errors' in error && Array.isArray(error.errors) ? error.errors.filter(LiquidError.is) : [error];
}

function syntaxFinding(error: LiquidError, source: string): Finding {
  const [line, column] = error.token.getPosition();
  const text = error.token.getText().split('\n', 1)[0] ?? '';
  const place = { line: line ?? 1, column: column ?? 1, endColumn: (column ?? 1) + text.length };
  const tag = /^tag "(.*)" not found/.exec(error.message)?.[1];
  if (tag !== undefined) {
    return {
      rule: 'EMAIL-131',
      source,
      place,
      message: `messages have no tag ${tag}; they have ${allowedTags.join(', ')}`,
    };
  }
  const filter = /^undefined filter: (\w+)/.exec(error.message)?.[1];
  if (filter !== undefined) {
    const message = `messages have no filter ${filter}; they have ${allowedFilters.join(', ')}`;
    return { rule: 'EMAIL-131', source, place, message };
  }
  return { rule: 'EMAIL-130', source, place, message: error.message.replace(/, line:\d+, col:\d+.*$/s, '') };
}

/**
 * One Liquid text of a message (HTML, plain text, subject, preheader), taken apart once: what is the same for everybody
 * gets a number, what is personal is computed for each recipient. A rendering is a list of those numbers and of escaped
 * personal texts, so that whoever assembles the message can encode the fixed texts beforehand.
 */
import { Context, type Liquid, LiquidError, type Template, Tokenizer, TokenKind } from 'liquidjs';
import { maxRenderSteps } from './liquid';
import { isRenderError, RenderError } from './render-error';
import { compileSimpleOutput, type Scope, type SimpleOutput } from './simple-output';
import type { Escape } from './value';

/** A number stands for the fixed text of that index. */
export type Piece = number | string;

export interface LiquidPart {
  /** Fixed texts, with LF line ends. */
  readonly fixed: readonly string[];
  /** Throws `RenderError`. */
  render(scope: Scope): Piece[];
}

type Step = number | SimpleOutput | { templates: Template[] };

/** Control characters cannot come out of an escaped output, so no data can pretend to be a fixed text. */
const markerStart = '\u0001';
const markerEnd = '\u0002';
const tooMuchWork = 'takes too much time or memory to render';
const blocks: readonly string[] = ['if', 'unless', 'case', 'for', 'comment'];

/** `source` must already parse with `liquid`. */
export function compilePart({
  liquid,
  source,
  escapeOutput,
}: {
  liquid: Liquid;
  source: string;
  escapeOutput: Escape;
}): LiquidPart {
  const fixed: string[] = [];
  const steps: Step[] = [];
  const tokens = new Tokenizer(source).readTopLevelTokens(liquid.options);
  const assigns = tokens.some((token) => token.kind === TokenKind.Tag && tagName(token.getText()) === 'assign');
  let depth = assigns ? 1 : 0;
  let skeleton = '';

  const flush = () => {
    if (skeleton !== '') steps.push({ templates: liquid.parse(skeleton) });
    skeleton = '';
  };
  const keep = (text: string) => fixed.push(text) - 1;

  for (const token of tokens) {
    const text = token.getText();
    if (token.kind === TokenKind.HTML) {
      const content = 'getContent' in token ? token.getContent() : text;
      if (content === '') continue;
      if (depth === 0) steps.push(keep(content));
      else skeleton += `${markerStart}${keep(content)}${markerEnd}`;
    } else if (token.kind === TokenKind.Output) {
      const simple = depth === 0 ? compileSimpleOutput(withoutBraces(text), escapeOutput) : undefined;
      if (simple) steps.push(simple);
      else skeleton += text;
      if (depth === 0) flush();
    } else {
      const tag = tagName(text);
      if (blocks.includes(tag)) depth++;
      if (tag.startsWith('end')) depth--;
      skeleton += text;
      if (depth === 0) flush();
    }
  }
  flush();

  return { fixed, render: (scope) => renderSteps({ liquid, steps, scope }) };
}

function renderSteps({ liquid, steps, scope }: { liquid: Liquid; steps: readonly Step[]; scope: Scope }): Piece[] {
  const pieces: Piece[] = [];
  let context: Context | undefined;
  for (const step of steps) {
    if (typeof step === 'number') pieces.push(step);
    else if (typeof step === 'function') pieces.push(step(scope));
    else {
      context ??= boundedContext(liquid, scope);
      splitAtMarkers(interpret({ liquid, templates: step.templates, context }), pieces);
    }
  }
  return pieces;
}

/** The library checks a time limit at each step; we count the steps instead. */
function boundedContext(liquid: Liquid, scope: Scope): Context {
  const context = new Context(scope, liquid.options, { sync: true }, { liquid });
  let steps = 0;
  context.renderLimit.check = () => {
    steps++;
    if (steps > maxRenderSteps) throw new RenderError(tooMuchWork);
  };
  return context;
}

function splitAtMarkers(text: string, pieces: Piece[]): void {
  const [before = '', ...marked] = text.split(markerStart);
  if (before !== '') pieces.push(before);
  for (const piece of marked) {
    const end = piece.indexOf(markerEnd);
    pieces.push(Number(piece.slice(0, end)));
    if (end + 1 < piece.length) pieces.push(piece.slice(end + 1));
  }
}

function interpret(work: { liquid: Liquid; templates: Template[]; context: Context }): string {
  try {
    return String(work.liquid.renderSync(work.templates, work.context));
  } catch (error) {
    throw asRenderError(error);
  }
}

/** The library's messages may quote values; ours never do. */
function asRenderError(error: unknown): Error {
  if (!LiquidError.is(error)) return error instanceof Error ? error : new Error('rendering failed');
  const cause = error.originalError;
  if (isRenderError(cause)) {
    return cause.message === tooMuchWork ? cause : new RenderError(cause.message, variableOf(error.token.getText()));
  }
  const variable = /^undefined variable: ([\w.[\]-]+)/.exec(error.message)?.[1];
  if (variable) return new RenderError('has no value', variable);
  if (error.message.includes('limit exceeded')) return new RenderError(tooMuchWork);
  return new RenderError('cannot be rendered', variableOf(error.token.getText()));
}

function variableOf(token: string): string | undefined {
  return /^[{%\s-]*(?:(?:if|unless|case|for|assign)\s+)?([A-Za-z_][\w.]*)/.exec(token)?.[1];
}

/** Name of the tag that the text `{% ... %}` is. */
export function tagName(text: string): string {
  return /^\{%-?\s*(#|\w*)/.exec(text)?.[1] ?? '';
}

function withoutBraces(text: string): string {
  return text.slice(2, -2).replace(/^-|-$/g, '');
}

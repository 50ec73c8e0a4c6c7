/**
 * Hiding Liquid from programs that read HTML or MJML: each `{{ }}` and `{% %}` becomes a word of letters and digits that
 * passes through any of them unchanged, and is put back afterwards.
 */
import { Tokenizer, TokenKind } from 'liquidjs';
import { createLiquid } from './liquid';
import { tagName } from './part';
import { asText } from './value';

export interface LiquidToken {
  kind: 'output' | 'tag';
  /** Name of the tag; empty for an output. */
  tag: string;
  text: string;
  start: number;
  end: number;
  /** Word that stands for it. */
  mask: string;
}

export interface MaskedSource {
  masked: string;
  tokens: readonly LiquidToken[];
  /** Finds every mask in a text. */
  maskPattern: RegExp;
  tokenOf(mask: string): LiquidToken | undefined;
  unmask(text: string): string;
  /** The source with each token replaced by spaces of its length, so that offsets stay. */
  blanked: string;
}

const { options } = createLiquid({ escapeOutput: asText, locale: 'en' });

/** Throws the Liquid library's error where a brace is not closed. */
export function maskLiquid(source: string): MaskedSource {
  const word = unusedWord(source);
  const tokens: LiquidToken[] = [];
  let masked = '';
  let blanked = '';
  for (const token of new Tokenizer(source).readTopLevelTokens(options)) {
    const text = source.slice(token.begin, token.end);
    if (token.kind === TokenKind.HTML) {
      masked += text;
      blanked += text;
      continue;
    }
    const mask = `${word}${String(tokens.length).padStart(5, '0')}z`;
    const kind = token.kind === TokenKind.Output ? 'output' : 'tag';
    tokens.push({ kind, tag: kind === 'tag' ? tagName(text) : '', text, start: token.begin, end: token.end, mask });
    masked += mask;
    blanked += ' '.repeat(text.length);
  }
  const maskPattern = new RegExp(`${word}(\\d{5})z`, 'g');
  const tokenOf = (mask: string) => tokens[Number(mask.slice(word.length, -1))];
  return {
    masked,
    blanked,
    tokens,
    maskPattern,
    tokenOf,
    unmask: (text) => text.replace(maskPattern, (mask) => tokenOf(mask)?.text ?? mask),
  };
}

function unusedWord(source: string): string {
  let word = 'vlq';
  while (source.includes(word)) word += 'q';
  return word;
}

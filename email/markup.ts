/**
 * What stands where in an HTML or MJML source: elements with their attributes, and texts, all by offset. Reads what is
 * there and repairs nothing; it is for checks, not for rendering.
 */
import { QuoteType, Tokenizer } from 'htmlparser2';

export interface Attribute {
  name: string;
  /** As written, character references included. */
  value: string;
  start: number;
  end: number;
  valueStart: number;
  valueEnd: number;
  quoted: boolean;
}

export interface Element {
  name: string;
  start: number;
  end: number;
  attributes: Attribute[];
}

export interface TextRun {
  text: string;
  start: number;
  end: number;
  /** Names of the open elements around it, outermost first. */
  inside: readonly string[];
}

export interface Markup {
  elements: readonly Element[];
  texts: readonly TextRun[];
  comments: readonly { start: number; end: number }[];
  /** Open elements at the deepest place; an end tag that HTML lets one omit counts as missing. At most `maxDepth` + 1. */
  depth: number;
}

/** Deeper markup is not read further: programs that walk it would run out of stack. */
export const maxDepth = 500;

const voidElements = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

export function readMarkup(source: string): Markup {
  const elements: Element[] = [];
  const texts: TextRun[] = [];
  const comments: { start: number; end: number }[] = [];
  const open: string[] = [];
  let depth = 0;
  let element: Element | undefined;
  let attribute: Attribute | undefined;

  const finish = (end: number, closed: boolean) => {
    if (!element) return;
    element.end = end + 1;
    if (!closed && !voidElements.has(element.name)) {
      depth = Math.max(depth, open.length + 1);
      if (open.length < maxDepth) open.push(element.name);
    }
    element = undefined;
  };
  const extendValue = (start: number, end: number) => {
    if (!attribute) return;
    if (attribute.valueStart === attribute.valueEnd) attribute.valueStart = start;
    attribute.valueEnd = end;
  };

  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: false },
    {
      onopentagname(start, end) {
        element = { name: source.slice(start, end).toLowerCase(), start: start - 1, end, attributes: [] };
        elements.push(element);
      },
      onattribname(start, end) {
        const name = source.slice(start, end).toLowerCase();
        attribute = { name, value: '', start, end, valueStart: end, valueEnd: end, quoted: false };
        element?.attributes.push(attribute);
      },
      onattribdata: extendValue,
      onattribentity: () => undefined,
      onattribend(quote, end) {
        if (!attribute) return;
        attribute.quoted = quote === QuoteType.Single || quote === QuoteType.Double;
        attribute.value = source.slice(attribute.valueStart, attribute.valueEnd);
        attribute.end = end;
        attribute = undefined;
      },
      onopentagend: (end) => finish(end, false),
      onselfclosingtag: (end) => finish(end, true),
      onclosetag(start, end) {
        const at = open.lastIndexOf(source.slice(start, end).toLowerCase());
        if (at !== -1) open.length = at;
      },
      ontext: (start, end) => texts.push({ text: source.slice(start, end), start, end, inside: [...open] }),
      ontextentity: () => undefined,
      oncomment: (start, end, offset) => comments.push({ start: start - 4, end: end - offset }),
      oncdata: () => undefined,
      ondeclaration: () => undefined,
      onprocessinginstruction: () => undefined,
      onend: () => undefined,
    },
  );
  tokenizer.write(source);
  tokenizer.end();
  return { elements, texts, comments, depth };
}

export function attributeOf(element: Element, name: string): Attribute | undefined {
  return element.attributes.find((attribute) => attribute.name === name);
}

import { CST } from 'yaml';
import { limits } from './limits';

export interface Excess {
  rule: 'SEC-601' | 'SEC-602';
  message: string;
  offset: number;
}

/** Looks at the tokens alone, before any parser recurses over them: is the text nested too deeply, or made of too many pieces? */
export function findExcess(tokens: Iterable<string>): Excess | undefined {
  let offset = 0;
  let count = 0;
  let brackets = 0;
  let indicators = 0;
  let scalarNext = false;
  let lineBegins = true;
  for (const token of tokens) {
    if (++count > limits.tokens) return { rule: 'SEC-601', message: 'the file is made of too many pieces', offset };
    const type: string | null = scalarNext ? 'scalar-text' : CST.tokenType(token);
    scalarNext = type === 'scalar';
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    if (type === 'flow-seq-start' || type === 'flow-map-start') brackets++;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') brackets = Math.max(0, brackets - 1);
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') indicators++;
    else if (type === 'newline' || type === 'comma') indicators = 0;
    const indented = type === 'space' && lineBegins && token.length > limits.indentation;
    if (brackets > limits.depth || indicators > limits.depth || indented) return tooDeep(offset);
    lineBegins = token.endsWith('\n') || type === 'newline';
    offset += token.length;
  }
  return undefined;
}

function tooDeep(offset: number): Excess {
  return { rule: 'SEC-602', message: `this is nested more than ${limits.depth} levels deep`, offset };
}

import { createLiquid } from './liquid';
import { asText } from './value';

const liquid = createLiquid({ escapeOutput: asText, locale: 'en' });

/** Fills in a text to the team: Liquid, locked down as everywhere, over `run` and `steps`. */
export function renderTeamText(template: string, scope: Record<string, unknown>): string {
  return String(liquid.parseAndRenderSync(template, scope)).trim();
}

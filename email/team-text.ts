import { createLiquid } from './liquid';
import { asText } from './value';

/** Fills in a text to the team: Liquid, locked down as everywhere, over `run` and `steps`. */
export function renderTeamText(template: string, scope: Record<string, unknown>): string {
  const liquid = createLiquid({ escapeOutput: asText, locale: 'en' });
  return String(liquid.parseAndRenderSync(template, scope)).trim();
}

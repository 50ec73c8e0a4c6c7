import type { ResolvedCampaign } from './resolved';

/** Root variables that the messages of a campaign have besides those of every message. */
export function messageFactsOf(
  { trigger }: { trigger?: ResolvedCampaign['trigger'] | object },
  { loyalty }: { loyalty?: string },
): readonly string[] {
  return [...(trigger ? ['event'] : []), ...(loyalty === undefined ? [] : ['loyalty'])];
}

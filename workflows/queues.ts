/** Task queues. Workflows and control activities share one; each platform has one of its own, so that a slow platform holds up nobody else. */
export const campaignQueue = 'campaign';

export function deliveryQueue(campaign: string, platform: string): string {
  return `${campaign}/deliver/${platform}`;
}

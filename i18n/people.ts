import type { Translator } from './catalogue';

/** How many people a campaign speaks to; for one that events start: one, upon each of them. */
export function peopleWords(
  say: Translator,
  { recipients, events }: { recipients: number; events: readonly string[] | undefined },
): string {
  return events ? say('people.triggered', { events: events.join(', ') }) : say('people.counted', { recipients });
}

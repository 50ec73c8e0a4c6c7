import { condition } from '@temporalio/workflow';
import type { Instant } from '../definition/resolved';

/** The workflow's clock, as activities receive it. */
export function instant(): Instant {
  return new Date(Date.now()).toISOString();
}

/** Temporal's longest timer is far beyond this; a wait longer than a month is cut so that a wrong clock is noticed. */
const longestTimerMs = 30 * 24 * 3600 * 1000;

/**
 * Waits until a moment or until `interrupted` holds.
 * @param summary shown on the timer in the Temporal UI; no personal data
 * @returns true when the moment came, false when it was interrupted
 */
export async function waitUntil(moment: number, interrupted: () => boolean, summary: string): Promise<boolean> {
  while (Date.now() < moment) {
    const wait = Math.min(moment - Date.now(), longestTimerMs);
    if (await condition(interrupted, wait, { summary })) return false;
  }
  return !interrupted();
}

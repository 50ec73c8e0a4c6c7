import type { ResolvedCampaign } from './resolved';

/** Runs of such campaigns are not amended: a new run, or the next firing of the schedule, takes over from them. */
export function isTakenOver({ trigger, program, schedule }: ResolvedCampaign): boolean {
  return trigger !== undefined || program !== undefined || schedule.cron.length > 0;
}

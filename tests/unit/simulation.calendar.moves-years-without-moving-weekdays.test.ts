import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import { packageRoot } from '../../settings/package-root';
import { cycleMs, dayAndTime, movedBack, shiftFor, simulatedCampaign, startOf } from '../../simulation/calendar';

const instants = fc
  .date({ min: new Date('2020-01-01T00:00:00Z'), max: new Date('2068-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => new Date(Math.floor(date.getTime() / 60_000) * 60_000).toISOString());

test('28 years on it is the same weekday, the same date and the same time of day', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const later = new Date(Date.parse(instant) + cycleMs).toISOString();
      const utc = (text: string) => Temporal.Instant.from(text).toZonedDateTimeISO('UTC');
      expect(utc(later).dayOfWeek).toBe(utc(instant).dayOfWeek);
      expect(utc(later).toPlainDateTime().subtract({ years: 28 }).equals(utc(instant).toPlainDateTime())).toBe(true);
    }),
  );
});

test('what is yet to come is not moved; what is past is moved by whole cycles until it is to come', () => {
  const now = Date.parse('2030-06-01T12:00:00Z');
  expect(shiftFor('2031-01-01T00:00:00.000Z', now)).toBe(0);
  fc.assert(
    fc.property(instants, (start) => {
      const shift = shiftFor(start, now);
      expect(shift % cycleMs).toBe(0);
      expect(Date.parse(start) + shift).toBeGreaterThan(now);
      expect(shift === 0 || Date.parse(start) + shift - cycleMs <= now + 86_400_000).toBe(true);
    }),
  );
});

test('moving a campaign and moving what it says back gives what it said; only instants change', async () => {
  const { workspace } = await loadWorkspace(packageRoot());
  if (!workspace) throw new Error('no workspace');
  const { campaign } = await loadCampaign({ workspace, folder: `${packageRoot()}/campaigns/staged-promotion` });
  if (!campaign) throw new Error('no campaign');
  const moved = simulatedCampaign(campaign.resolved, cycleMs);
  expect(moved.schedule.start).toBe('2055-05-03T08:00:00.000Z');
  expect(moved.objectives?.[0]?.by).toMatch(/^2055-05-25/);
  expect(moved.audience).toEqual({ from: 'contacts', holdout: 0.1 });
  expect(movedBack(moved, cycleMs)).toEqual({ ...campaign.resolved, audience: moved.audience });
});

test('seconds of this machine do not survive the way back', () => {
  const told = { at: new Date('2055-05-03T08:00:03.217Z'), what: 'until 2055-05-04T09:30:59.999Z' };
  expect(movedBack<unknown>(told, cycleMs)).toEqual({
    at: '2027-05-03T08:00:00.000Z',
    what: 'until 2027-05-04T09:30:00.000Z',
  });
});

test('it begins where the scenario says, else a day before the schedule, else on a Monday morning', async () => {
  const schedule = { timezone: 'Europe/Madrid', maxLateness: 0, cron: [], catchupWindow: 0 };
  const { workspace } = await loadWorkspace(packageRoot());
  if (!workspace) throw new Error('no workspace');
  const { campaign } = await loadCampaign({ workspace, folder: `${packageRoot()}/campaigns/subject-test` });
  if (!campaign) throw new Error('no campaign');
  const plain = { ...campaign.resolved, schedule };
  const timed = { ...plain, schedule: { ...schedule, start: '2027-05-03T08:00:00.000Z' } };
  expect(startOf(timed, { start: '2027-04-01T09:00:00' })).toBe('2027-04-01T07:00:00.000Z');
  expect(startOf(timed, {})).toBe('2027-05-02T08:00:00.000Z');
  expect(startOf(plain, {})).toBe('2029-01-08T08:00:00.000Z');
});

test('days are counted on the campaign’s own calendar, over a change of the clocks too', () => {
  const place = { start: '2027-03-27T08:00:00.000Z', timeZone: 'Europe/Madrid' };
  expect(dayAndTime('2027-03-27T22:59:00.000Z', place)).toBe('day 0 23:59');
  expect(dayAndTime('2027-03-27T23:00:00.000Z', place)).toBe('day 1 00:00');
  expect(dayAndTime('2027-03-28T22:00:00.000Z', place)).toBe('day 2 00:00');
});

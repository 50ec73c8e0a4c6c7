import { simulationJson } from '../../simulation/document';
import { renderSimulationHtml } from '../../simulation/html';
import { renderSimulationText } from '../../simulation/text';
import { ordinary, type Simulator, simulatorOf } from '../support/simulation';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await simulatorOf('abandoned-basket');
}, 120_000);
afterAll(() => simulator.close());

const patient = 120_000;
const brief = { days: 3, contacts: 300 };

test(
  'the same seed gives the same bytes, and every event is a journey, a refusal, or did not meet the condition',
  async () => {
    const first = await simulator.simulate('some-come-back', brief);
    const again = await simulator.simulate('some-come-back', brief);
    expect(simulationJson(again)).toBe(simulationJson(first));
    const [run] = first.runs;
    const journeys = run?.journeys;
    const came = run?.customers?.events.find(({ type }) => type === 'basket.updated')?.count ?? 0;
    const declined = Object.values(journeys?.declined ?? {}).reduce((sum, count) => sum + count, 0);
    expect(journeys?.started).toBeGreaterThan(5);
    expect((journeys?.started ?? 0) + declined + (journeys?.unmet ?? 0)).toBe(came);
    const ended = Object.values(journeys?.ended ?? {}).reduce((sum, count) => sum + count, 0);
    expect(ended).toBe(journeys?.started);
    const [wait] = journeys?.waits ?? [];
    expect(wait).toMatchObject({ step: 'comes-back' });
    // Whoever waited through it: those who did not leave by an exit before or meanwhile.
    const left = (journeys?.exits ?? []).reduce((sum, { count }) => sum + count, 0);
    expect((wait?.happened ?? 0) + (wait?.timedOut ?? 0)).toBeGreaterThanOrEqual((journeys?.started ?? 0) - left);
    expect(run).toMatchObject({ ends: 'open', balanced: true });
    expect(renderSimulationText(first)).toContain('left by paid, the goal');
    expect(renderSimulationHtml(first)).toContain('Journeys started by week');
  },
  patient,
);

test(
  'a reader who buys because of a letter has reached the goal, and the money stands beside the letter',
  async () => {
    const sure = { base: 1, arms: {}, delay: 3_600_000 };
    const { runs } = await simulator.simulate('some-come-back', {
      ...brief,
      events: {
        'basket.updated': { perDay: 3, data: { basketId: 'basket-{n}', total: 30 } },
        'order.paid': { follows: [], data: {}, counts: { as: 'converted', amount: 'total', currency: 'EUR' } },
        'basket.emptied': { follows: [], data: {} },
      },
      rates: { converted: sure },
      expect: undefined,
    });
    const [run] = runs;
    const sent = run?.steps.find(({ id }) => id === 'reminder')?.books.sent ?? 0;
    expect(sent).toBeGreaterThan(5);
    expect(run?.journeys?.ended).toEqual({ goal: run?.journeys?.started });
    expect(run?.money.arms.reduce((sum, { orders }) => sum + orders, 0)).toBe(run?.customers?.orders);
    expect(run?.customers?.revenue).toEqual([{ currency: 'EUR', micros: (run?.customers?.orders ?? 0) * 30_000_000 }]);
  },
  patient,
);

test(
  'without a scenario, what is played is drawn from the campaign, and said; who says no keeps the trigger closed',
  async () => {
    const { assumptions, runs } = await simulator.simulate(ordinary, {
      days: 2,
      approvers: { delay: 3_600_000, verdict: 'reject', gates: {} },
    });
    expect(assumptions).toEqual(
      expect.arrayContaining([
        expect.stringContaining('basket.updated: 3 a day'),
        expect.stringContaining('order.paid: after 25 % of basket.updated'),
      ]),
    );
    expect(runs[0]).toMatchObject({ ends: 'rejected', waves: [], customers: { events: [] } });
    expect(runs[0]?.journeys).toBeUndefined();
  },
  patient,
);

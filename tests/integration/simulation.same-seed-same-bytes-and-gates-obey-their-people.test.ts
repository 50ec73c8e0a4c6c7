import { simulationJson } from '../../simulation/document';
import { renderSimulationHtml } from '../../simulation/html';
import type { Simulation } from '../../simulation/result';
import { renderSimulationText } from '../../simulation/text';
import { type Simulator, simulatorOf } from '../support/simulation';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await simulatorOf('staged-promotion');
}, 120_000);
afterAll(() => simulator.close());

const allBytes = (simulation: Simulation) => [
  renderSimulationText(simulation),
  simulationJson(simulation),
  renderSimulationHtml(simulation),
];

const few = { contacts: 1_500 };
const patient = 120_000;

test(
  'the same seed gives the same text, document and page, byte for byte; another seed another world',
  async () => {
    const first = await simulator.simulate('all-well', few);
    const again = await simulator.simulate('all-well', few);
    expect(allBytes(again)).toEqual(allBytes(first));
    const other = await simulator.simulate('all-well', { ...few, seed: 2 });
    expect(simulationJson({ ...other, runs: other.runs.map((run) => ({ ...run, seed: 1 })) })).not.toBe(
      simulationJson(first),
    );
  },
  patient,
);

test(
  'nothing of this machine or this day is in it: moments are whole minutes of the campaign’s own calendar',
  async () => {
    const simulation = await simulator.simulate('all-well', few);
    const moments = simulationJson(simulation).match(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g) ?? [];
    expect(moments.length).toBeGreaterThan(20);
    expect(moments.filter((moment) => !/^2027-0[4-6]-\d{2}T\d{2}:\d{2}:00\.000Z$/.test(moment))).toEqual([]);
  },
  patient,
);

test(
  'while the mail platform is down nothing is sent, and afterwards nobody is missing',
  async () => {
    const down = { after: 24 * 3600_000, for: 3 * 3600_000 };
    const { runs } = await simulator.simulate('all-well', { ...few, outages: [down], timeZones: {} });
    const [run] = runs;
    const first = run?.waves.find(({ wave }) => wave === 1);
    const spoken = run?.timeline.find(({ what }) => what.includes('mail platform is down'));
    expect(spoken?.at).toBe(new Date(Date.parse(run?.start ?? '') + down.after).toISOString());
    expect(first?.arms.all?.sent).toBeGreaterThan(100);
    // The wave was due as the outage began, and the next one a day after all of it had left.
    const second = run?.waves.find(({ wave }) => wave === 2);
    const outageEnds = Date.parse(run?.start ?? '') + down.after + down.for;
    expect(Date.parse(first?.releasedAt ?? '')).toBeLessThan(outageEnds);
    expect(Date.parse(second?.releasedAt ?? '')).toBeGreaterThanOrEqual(outageEnds + 24 * 3600_000);
    expect(run).toMatchObject({ ends: 'done', balanced: true });
  },
  patient,
);

test(
  'an approver who says no ends the run before anything is sent; one who never answers, too',
  async () => {
    const approvers = { delay: 3600_000, gates: {} };
    const no = await simulator.simulate('all-well', { ...few, approvers: { ...approvers, verdict: 'reject' } });
    expect(no.runs[0]).toMatchObject({ ends: 'rejected', waves: [], money: { spent: [] } });
    const silence = await simulator.simulate('all-well', { ...few, approvers: { ...approvers, verdict: 'ignore' } });
    expect(silence.runs[0]).toMatchObject({ ends: 'rejected', waves: [] });
    expect(silence.runs[0]?.timeline.map(({ what }) => what)).toContain('gate content: nobody decided in time');
  },
  patient,
);

test(
  'an expectation that is not met is found, with what came instead',
  async () => {
    const { expectations } = await simulator.simulate('all-well', {
      ...few,
      expect: { ends: 'aborted', decisions: [], sentToArm: {}, balanced: true },
    });
    expect(expectations).toContainEqual({ seed: 1, what: 'ends aborted', met: false, found: 'ends done' });
  },
  patient,
);

/**
 * `npm run bench:simulate`: how long a campaign of 90 days with 10,000 contacts takes to be played, from an empty machine
 * (servers included) to the answer. The last line is JSON.
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { loadCampaign } from '../definition/load-campaign';
import { loadWorkspace } from '../definition/load-workspace';
import type { ResolvedCampaign } from '../definition/resolved';
import type { RolloutEntry } from '../definition/resolved-measuring';
import { packageRoot } from '../settings/package-root';
import type { SimulatedRun } from '../simulation/result';
import { loadScenario } from '../simulation/scenario/load';

const day = 86_400_000;
const days = 90;
const contacts = 10_000;
const waves = 9;

/** The staged promotion of the gallery over 90 days: nine waves, ten days apart, each with its checkpoint. */
function ninetyDays(campaign: ResolvedCampaign): ResolvedCampaign {
  const start = Date.parse(campaign.schedule.start ?? '');
  const end = new Date(start + days * day).toISOString();
  const steps = campaign.steps.map((step) => {
    if (step.kind === 'checkpoint')
      return {
        ...step,
        checkpoint: {
          ...step.checkpoint,
          after: { timeout: days * day, time: new Date(start + (days - 1) * day).toISOString() },
        },
      };
    if (step.kind !== 'email' || !step.rollout) return step;
    const checkpoint = step.rollout.find((entry) => entry.kind === 'checkpoint');
    if (!checkpoint) return step;
    const rollout = Array.from({ length: waves }, (_, wave): RolloutEntry[] => [
      { kind: 'wave', size: wave === waves - 1 ? 'rest' : { share: 1 / waves } },
      {
        ...checkpoint,
        checkpoint: {
          ...checkpoint.checkpoint,
          id: `after-${wave + 1}`,
          after: { minTime: 9.5 * day, timeout: 15 * day },
        },
      },
    ]);
    return { ...step, rollout: rollout.flat() };
  });
  return { ...campaign, schedule: { ...campaign.schedule, end }, steps };
}

async function main(): Promise<void> {
  const { workspace } = await loadWorkspace(packageRoot());
  if (!workspace) throw new Error('volante.yaml is wrong');
  const { campaign } = await loadCampaign({ workspace, folder: join(packageRoot(), 'campaigns', 'staged-promotion') });
  if (!campaign) throw new Error('the campaign is wrong');
  const { scenario } = loadScenario(campaign.folder, 'all-well');
  const request = {
    campaign: ninetyDays(campaign.resolved),
    files: campaign.files.map(({ path, content }) => ({ path, content: Buffer.from(content).toString('base64') })),
    workspace,
    scenario: { ...scenario, contacts, outages: [] },
    seeds: [1],
  };
  const began = performance.now();
  const child = spawn(process.execPath, [join(packageRoot(), 'dist', 'workers', 'simulation', 'main.js')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.end(JSON.stringify(request));
  const answer = JSON.parse(await text(child.stdout)) as { runs: SimulatedRun[] } | { error: { message: string } };
  const seconds = (performance.now() - began) / 1000;
  if ('error' in answer) throw new Error(answer.error.message);
  const [run] = answer.runs;
  const watched = (Date.parse(run?.finishedAt ?? '') - Date.parse(run?.start ?? '')) / day;
  const figures = {
    bench: 'simulate',
    contacts,
    simulatedDays: Math.round(watched * 10) / 10,
    sent: run?.waves.reduce((sum, { arms }) => sum + (arms.all?.sent ?? 0), 0),
    decisions: run?.measured.decisions.length,
    ends: run?.ends,
    seconds: Math.round(seconds * 10) / 10,
    cores: cpus().length,
  };
  process.stdout.write(
    `${figures.simulatedDays} days of ${contacts} contacts, ${figures.decisions} decisions: ${figures.seconds} s\n${JSON.stringify(figures)}\n`,
  );
}

void main();

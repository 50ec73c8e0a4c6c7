/**
 * `npm run bench:decisions`: how often each way of deciding is wrong, naive peeking beside ours, all simulated with fixed
 * seeds. Ends with one line of JSON. Arguments name the parts to run (default: all).
 */
import { operatingCharacteristics } from '../decisions/operating-characteristics';
import { benchCheckpoint } from './decisions-checkpoint';
import { perCent, type Say } from './decisions-figures';
import { benchJudged, benchLooks, benchPeeking } from './decisions-peeking';
import { benchPolicies } from './decisions-policies';
import { benchDelay, benchDrift, benchGuardrail } from './decisions-traps';

/** Each part prints its table and gives its figures for the line of JSON. A new part is a line here. */
const parts: Record<string, (say: Say) => unknown> = {
  plan: benchPlan,
  looks: benchLooks,
  peeking: benchPeeking,
  judged: benchJudged,
  policies: benchPolicies,
  delay: benchDelay,
  drift: benchDrift,
  guardrail: benchGuardrail,
  checkpoint: (say) => {
    say('One checkpoint: three metrics over a million members and five million events');
    return benchCheckpoint({ say });
  },
};

/** What a plan's own operating characteristics are, and how long they take. */
function benchPlan(say: Say) {
  const started = performance.now();
  const before = process.cpuUsage();
  const { falsePromotions, falseStops, power, harmCaught, reps, worlds } = operatingCharacteristics({
    experiment: {
      goal: 'learn',
      method: 'group-sequential',
      alpha: 0.05,
      alphaAbort: 0.05,
      power: 0.8,
      minEffect: { kind: 'relative', value: 0.15 },
      maxRecipients: 40_000,
      arms: ['a', 'b'],
      control: 'a',
    },
    metrics: [
      { name: 'conversion', role: 'success', kind: 'proportion', goodDirection: 'up' },
      {
        name: 'unsubscribe',
        role: 'guardrail',
        kind: 'proportion',
        goodDirection: 'down',
        margin: { kind: 'relative', value: 0.1 },
      },
      { name: 'complaint', role: 'guardrail', kind: 'rate-limit', goodDirection: 'down', max: 0.003, alpha: 0.01 },
    ],
    looks: [0.1, 0.25, 0.5, 0.75, 1],
    baseRates: { conversion: { rate: 0.05 }, unsubscribe: { rate: 0.005 }, complaint: { rate: 0.001 } },
  });
  const ms = Math.round(performance.now() - started);
  const used = process.cpuUsage(before);
  const processorMs = Math.round((used.user + used.system) / 1000);
  const stopped = worlds.find(({ world }) => world === 'harm')?.recipientsUntilStopped?.median;
  say('A plan: 40,000 recipients, five looks, +15 % of 5 %, unsubscribes and complaints watched');
  say(
    `  promotes a false winner ${perCent(falsePromotions)}, stops for nothing ${perCent(falseStops)}, finds the effect ${perCent(power)},`,
  );
  say(
    `  stops threefold harm ${perCent(harmCaught)} after ${stopped ?? '–'} recipients; ${reps} worlds of each sort in ${ms} ms, ${processorMs} of the processor (target: under 3,000 ms)`,
  );
  return {
    falsePromotions,
    falseStops,
    power,
    harmCaught,
    medianRecipientsUntilStopped: stopped,
    reps,
    ms,
    processorMs,
  };
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in parts));
  if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`);
  const figures: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    figures[name] = await run((line) => console.log(line));
    console.log('');
  }
  console.log(JSON.stringify({ bench: 'decisions', ...figures }));
}

if (require.main === module) void main();

/** What it costs to learn: an audience of 40,000 in 20 waves; whoever is picked gets the rest. */
import { alwaysValidCritical } from '../decisions/always-valid';
import { banditWeights, probabilityBest } from '../decisions/bandit';
import { groupSequentialBounds } from '../decisions/group-sequential';
import { recipientsNeeded } from '../decisions/power';
import { createRandom, type Random } from '../decisions/random';
import { normalUpperQuantile } from '../decisions/special/normal';
import { mean, perCent, type Say, share } from './decisions-figures';

const AUDIENCE = 40_000;
const WAVES = 20;
const WAVE = AUDIENCE / WAVES;
const CONTROL = 0.05;
const ALPHA = 0.05;

interface Played {
  /** Recipients until the decision. */
  n: number;
  pick: 'a' | 'b' | undefined;
  /** Conversions lost to somebody who had known. */
  lost: number;
}

const fractions = Array.from({ length: WAVES }, (_, index) => (index + 1) / WAVES);

function boundsOf(rate: number): Record<string, readonly number[]> {
  const z = normalUpperQuantile(ALPHA / 2);
  const effect = rate === CONTROL ? 0.005 : Math.abs(rate - CONTROL);
  const needed =
    2 * recipientsNeeded({ variation: { kind: 'proportion', base: CONTROL }, effect, alpha: ALPHA, power: 0.8 });
  const planned = Math.min(WAVES, Math.ceil(needed / WAVE));
  return {
    'fixed horizon': fractions.map((_, wave) => (wave === planned - 1 ? z : Number.POSITIVE_INFINITY)),
    'naive peeking': fractions.map(() => z),
    'always-valid': fractions.map((t) => alwaysValidCritical({ n: t * AUDIENCE, nStar: AUDIENCE, alpha: ALPHA })),
    "group sequential, O'Brien–Fleming": groupSequentialBounds({
      alpha: ALPHA,
      spending: { kind: 'obrien-fleming' },
      fractions,
    }),
    'group sequential, t²': groupSequentialBounds({ alpha: ALPHA, spending: { kind: 'power', phi: 2 }, fractions }),
  };
}

/** Waves half and half until the bound is crossed. */
function playTest(random: Random, { rate, bounds }: { rate: number; bounds: readonly number[] }): Played {
  let [a, b] = [0, 0];
  const difference = rate - CONTROL;
  for (let wave = 0; wave < WAVES; wave += 1) {
    a += random.binomial(WAVE / 2, CONTROL);
    b += random.binomial(WAVE / 2, rate);
    const n = (WAVE / 2) * (wave + 1);
    const [pa, pb] = [a / n, b / n];
    const error = Math.sqrt((pa * (1 - pa) + pb * (1 - pb)) / n);
    const z = error > 0 ? (pb - pa) / error : 0;
    const stops = Math.abs(z) > (bounds[wave] ?? 0);
    const lastPlanned = bounds.slice(wave + 1).every((bound) => !Number.isFinite(bound));
    if (!stops && !lastPlanned) continue;
    const pick = stops ? (z > 0 ? 'b' : 'a') : undefined;
    const rest = AUDIENCE - 2 * n;
    const wrong =
      n + (difference === 0 ? 0 : pick === (difference > 0 ? 'b' : 'a') ? 0 : difference < 0 && !pick ? 0 : rest);
    return { n: 2 * n, pick, lost: wrong * Math.abs(difference) };
  }
  return { n: AUDIENCE, pick: undefined, lost: (AUDIENCE / 2) * Math.abs(difference) };
}

/** Thompson shares by quadrature, after one even wave. */
function playThompson(random: Random, { rate, floor }: { rate: number; floor: number }): Played {
  const seen = { a: { n: 0, c: 0 }, b: { n: 0, c: 0 } };
  let chance = 0.5;
  let wrong = 0;
  for (let wave = 0; wave < WAVES; wave += 1) {
    const size = Math.round(WAVE * chance);
    seen.a.n += WAVE - size;
    seen.b.n += size;
    seen.a.c += random.binomial(WAVE - size, CONTROL);
    seen.b.c += random.binomial(size, rate);
    wrong += rate > CONTROL ? WAVE - size : size;
    const posterior = ({ n, c }: { n: number; c: number }) => ({ kind: 'beta' as const, a: 1 + c, b: 1 + n - c });
    chance = banditWeights(probabilityBest([posterior(seen.a), posterior(seen.b)]), floor)[1] ?? 0.5;
  }
  return { n: AUDIENCE, pick: chance > 0.5 ? 'b' : 'a', lost: wrong * Math.abs(rate - CONTROL) };
}

/** Every policy in four worlds. */
export function benchPolicies(say: Say) {
  say(
    'A/B: an audience of 40,000 in 20 waves, control 5 %, the rest goes to the pick. Mean recipients until the decision / picks B / conversions lost',
  );
  const rates = [0.055, 0.06, 0.045, 0.05];
  say(`  ${'policy'.padEnd(36)}${rates.map((rate) => `B = ${rate * 100} %`.padStart(24)).join('')}`);
  const names = [...Object.keys(boundsOf(0.055)), 'Thompson, floor 5 %', 'Thompson, floor 10 %'];
  return names.map((policy, index) => {
    const worlds = rates.map((rate) => {
      const random = createRandom(200 + index);
      const floor = policy.startsWith('Thompson') ? (policy.endsWith('10 %') ? 0.1 : 0.05) : undefined;
      const reps = floor === undefined ? 4000 : 1000;
      const bounds = boundsOf(rate)[policy] ?? [];
      const played = Array.from({ length: reps }, () =>
        floor === undefined ? playTest(random, { rate, bounds }) : playThompson(random, { rate, floor }),
      );
      return {
        rate,
        recipients: Math.round(mean(played.map(({ n }) => n))),
        picksB: share(played.filter(({ pick }) => pick === 'b').length, reps),
        lost: Math.round(mean(played.map(({ lost }) => lost))),
      };
    });
    say(
      `  ${policy.padEnd(36)}${worlds.map(({ recipients, picksB, lost }) => `${recipients} / ${perCent(picksB)} / ${lost}`.padStart(24)).join('')}`,
    );
    return { policy, worlds };
  });
}

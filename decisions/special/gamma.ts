/** Gamma and beta functions in logarithms, the incomplete gamma function, and the chi-square distribution's upper tail. */
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
const EULER = 0.5772156649015329;

/** ζ(k) − 1 for k = 2, 3, …: summed once, with the tail of the sum by Euler–Maclaurin. */
const ZETA_LESS_ONE = Array.from({ length: 58 }, (_, index) => zetaLessOne(index + 2));

function zetaLessOne(s: number): number {
  const last = 40;
  let tail = last ** (1 - s) / (s - 1) + 0.5 * last ** -s + (s / 12) * last ** (-s - 1);
  tail -= ((s * (s + 1) * (s + 2)) / 720) * last ** (-s - 3);
  tail += ((s * (s + 1) * (s + 2) * (s + 3) * (s + 4)) / 30240) * last ** (-s - 5);
  for (let n = last - 1; n >= 2; n -= 1) tail += n ** -s;
  return tail;
}

/** ln Γ(2+z) for |z| ≤ 0.5, exact in its digits near its zero: (1−γ)z + Σ (−1)^k (ζ(k)−1) z^k / k. */
function logGammaNearTwo(z: number): number {
  let sum = 0;
  for (let index = ZETA_LESS_ONE.length - 1; index >= 0; index -= 1) {
    const k = index + 2;
    sum = sum * z + ((k % 2 === 0 ? 1 : -1) * (ZETA_LESS_ONE[index] ?? 0)) / k;
  }
  return (1 - EULER) * z + sum * z * z;
}

/** ln Γ(x) − [(x−½) ln x − x + ½ ln 2π] for x ≥ 10: Stirling's series, Abramowitz & Stegun 6.1.41. */
export function stirlingRest(x: number): number {
  const inverse = 1 / (x * x);
  const series =
    1 / 12 -
    inverse *
      (1 / 360 -
        inverse *
          (1 / 1260 -
            inverse *
              (1 / 1680 -
                inverse * (1 / 1188 - inverse * (691 / 360360 - inverse * (1 / 156 - inverse * (3617 / 122400)))))));
  return series / x;
}

/** ln Γ(x) for x > 0. Relative error about 1e-15, near its zeros at 1 and 2 too. */
export function logGamma(x: number): number {
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingRest(x);
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  if (x < 1.5) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  if (x <= 2.5) return logGammaNearTwo(x - 2);
  let product = 1;
  let reduced = x;
  while (reduced > 2.5) {
    reduced -= 1;
    product *= reduced;
  }
  return Math.log(product) + logGammaNearTwo(reduced - 2);
}

/** ln B(a,b) = ln Γ(a) + ln Γ(b) − ln Γ(a+b) for a, b > 0, without the cancellation of large terms. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  const sum = small + large;
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(sum);
  const rest = stirlingRest(large) - stirlingRest(sum);
  if (small < 10)
    return logGamma(small) + rest + small - small * Math.log(sum) - (large - 0.5) * Math.log1p(small / large);
  return (
    HALF_LOG_2PI -
    0.5 * Math.log(large) +
    stirlingRest(small) +
    rest +
    (small - 0.5) * Math.log(small / sum) -
    large * Math.log1p(small / large)
  );
}

/** x − ln(1+x) for x > −1, with its digits near 0. */
function lessLog1p(x: number): number {
  if (Math.abs(x) > 0.3) return x - Math.log1p(x);
  const r = x / (2 + x);
  const square = r * r;
  let sum = 0;
  for (let k = 27; k >= 3; k -= 2) sum = sum * square + 1 / k;
  return r * (x - 2 * square * sum);
}

/** x^a e^(−x) / Γ(a+1). */
function gammaTerm(a: number, x: number): number {
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  return Math.exp(-a * lessLog1p((x - a) / a) - stirlingRest(a)) / Math.sqrt(2 * Math.PI * a);
}

/** Both regularised incomplete gamma functions P(a,x) and Q(a,x), each with its own digits; a > 0, x ≥ 0. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  const term = gammaTerm(a, x);
  if (x < a + 1) {
    let part = 1;
    let sum = 1;
    for (let n = 1; n < 1e6 && part > sum * 1e-17; n += 1) {
      part *= x / (a + n);
      sum += part;
    }
    const lower = Math.min(1, term * sum);
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, term * a * gammaFraction(a, x));
  return { lower: 1 - upper, upper };
}

/** Γ(a,x) / (x^a e^(−x)) by its continued fraction (Abramowitz & Stegun 6.5.31), evaluated by Lentz's method. */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < 1e6; n += 1) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return value;
}

/** Upper tail of the chi-square distribution with `degrees` of freedom: Q(degrees/2, x/2). */
export function chiSquareSf(x: number, degrees: number): number {
  return incompleteGamma(degrees / 2, x / 2).upper;
}

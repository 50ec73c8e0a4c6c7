/**
 * The normal distribution. Both tails are computed directly, never as 1 − the other one, so a probability of 1e-300 keeps
 * its digits.
 */
const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_2PI;
}

/**
 * Upper tail P(Z > z) of the standard normal distribution; relative error below 1e-14 wherever it is above 1e-300.
 * Rational Chebyshev approximations on three ranges: W. J. Cody, "Rational Chebyshev approximations for the error
 * function", Mathematics of Computation 23 (1969), as given for the normal integral in his SPECFUN routine ANORM.
 */
export function normalSf(z: number): number {
  const x = Math.abs(z);
  if (x <= 0.67448975) return 0.5 - z * centre(z * z);
  const tail = x <= Math.sqrt(32) ? scaledExp(x) * middle(x) : scaledExp(x) * far(x);
  return z > 0 ? tail : 1 - tail;
}

/** Lower tail P(Z ≤ z) of the standard normal distribution. */
export function normalCdf(z: number): number {
  return normalSf(-z);
}

/** exp(−x²/2) without losing the digits of x²: x is split into sixteenths and a rest. */
function scaledExp(x: number): number {
  const coarse = Math.trunc(x * 16) / 16;
  const rest = (x - coarse) * (x + coarse);
  return Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * rest);
}

/** Numerator over denominator, coefficients from the highest power down; the denominator's leading 1 is left out. */
function rational(x: number, numerator: readonly number[], denominator: readonly number[]): number {
  let top = 0;
  for (const coefficient of numerator) top = top * x + coefficient;
  let bottom = 1;
  for (const coefficient of denominator) bottom = bottom * x + coefficient;
  return top / bottom;
}

const CENTRE_TOP = [0.06568233791820745, 2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356];
const CENTRE_BOTTOM = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673];
const centre = (square: number): number => rational(square, CENTRE_TOP, CENTRE_BOTTOM);

const MIDDLE_TOP = [
  1.0765576773720192e-8, 0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002,
  2494.5375852903726, 6848.190450536283, 11602.65143764735, 9842.714838383978,
];
const MIDDLE_BOTTOM = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097, 34900.95272114598,
  38912.00328609327, 19685.429676859992,
];
const middle = (x: number): number => rational(x, MIDDLE_TOP, MIDDLE_BOTTOM);

const FAR_TOP = [
  0.023073441764940174, 0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934,
  0.000029112874951168793,
];
const FAR_BOTTOM = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 0.00007297515550839662,
];
function far(x: number): number {
  const inverse = 1 / (x * x);
  return (1 / SQRT_2PI - inverse * rational(inverse, FAR_TOP, FAR_BOTTOM)) / x;
}

/** Upper-tail quantile: the z with P(Z > z) = p, for p in (0,1); its digits hold for the smallest p. */
export function normalUpperQuantile(p: number): number {
  return -normalQuantile(p);
}

/**
 * Quantile of the standard normal distribution: the z with P(Z ≤ z) = p, for p in (0,1); ∓∞ at 0 and 1. Relative error
 * about 1e-16. M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics
 * 37 (1988), PPND16. For an upper tail pass the small tail to `normalUpperQuantile` rather than 1 − p.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, A)) / polynomial(r, B);
  }
  const tail = q < 0 ? p : 1 - p;
  if (tail <= 0) return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const r = Math.sqrt(-Math.log(tail));
  const z = r <= 5 ? polynomial(r - 1.6, C) / polynomial(r - 1.6, D) : polynomial(r - 5, E) / polynomial(r - 5, F);
  return q < 0 ? -z : z;
}

/** Coefficients from the constant up. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let index = coefficients.length - 1; index >= 0; index -= 1) value = value * x + (coefficients[index] ?? 0);
  return value;
}

const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
];
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
];

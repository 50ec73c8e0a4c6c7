/** Nodes and weights of Gauss–Legendre quadrature on [−1, 1]. */
export interface QuadratureRule {
  nodes: readonly number[];
  weights: readonly number[];
}

const rules = new Map<number, QuadratureRule>();

/** Gauss–Legendre rule with `count` nodes, exact for polynomials up to degree 2·count − 1. Roots by Newton's method. */
export function gaussLegendre(count: number): QuadratureRule {
  const known = rules.get(count);
  if (known) return known;
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let index = 0; index < count; index += 1) {
    let x = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let round = 0; round < 100; round += 1) {
      let previous = 1;
      let value = x;
      for (let n = 2; n <= count; n += 1)
        [previous, value] = [value, ((2 * n - 1) * x * value - (n - 1) * previous) / n];
      slope = (count * (x * value - previous)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  const rule = { nodes, weights };
  rules.set(count, rule);
  return rule;
}

/** ∫ f over [from, to] in `panels` equal pieces of 16 nodes each. Deterministic, unlike sampling. */
export function integrate(
  f: (x: number) => number,
  { from, to, panels = 8 }: { from: number; to: number; panels?: number },
): number {
  const { nodes, weights } = gaussLegendre(16);
  const half = (to - from) / panels / 2;
  let sum = 0;
  for (let panel = 0; panel < panels; panel += 1) {
    const middle = from + (2 * panel + 1) * half;
    nodes.forEach((node, index) => {
      sum += (weights[index] ?? 0) * f(middle + half * node);
    });
  }
  return sum * half;
}

const matrices = new Map<number, readonly (readonly number[])[]>();

/**
 * Rows of weights that integrate from −1 to each node of the Gauss–Legendre rule: exact for polynomials up to degree
 * count − 1. By ∫ P_n = (P_{n+1} − P_{n−1})/(2n+1) (DLMF 18.17.1 for Legendre polynomials).
 */
export function cumulativeWeights(count: number): readonly (readonly number[])[] {
  const known = matrices.get(count);
  if (known) return known;
  const { nodes, weights } = gaussLegendre(count);
  const polynomials = nodes.map((x) => {
    const values = [1, x];
    for (let n = 2; n <= count; n += 1)
      values.push(((2 * n - 1) * x * (values[n - 1] ?? 0) - (n - 1) * (values[n - 2] ?? 0)) / n);
    return values;
  });
  const matrix = nodes.map((x, row) =>
    weights.map((weight, column) => {
      let sum = x + 1;
      for (let n = 1; n < count; n += 1) {
        const [above, below] = [polynomials[row]?.[n + 1] ?? 0, polynomials[row]?.[n - 1] ?? 0];
        sum += (polynomials[column]?.[n] ?? 0) * (above - below);
      }
      return (weight / 2) * sum;
    }),
  );
  matrices.set(count, matrix);
  return matrix;
}

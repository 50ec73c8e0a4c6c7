/**
 * Root of a continuous function that changes sign between `low` and `high`, to within `tolerance` of its place (relative
 * to its size, default 1e-13). Inverse quadratic interpolation where it is safe, bisection where not: T. R. Chandrupatla,
 * "A new hybrid quadratic/bisection algorithm", Advances in Engineering Software 28 (1997). Without a change of sign the
 * end with the smaller absolute value is returned.
 */
export function findRoot(
  f: (x: number) => number,
  { low, high, tolerance = 1e-13 }: { low: number; high: number; tolerance?: number },
): number {
  let newest = low;
  let opposite = high;
  let oldest = low;
  let fNewest = f(newest);
  let fOpposite = f(opposite);
  let fOldest = fNewest;
  if (fNewest === 0) return newest;
  if (fOpposite === 0) return opposite;
  if (fNewest * fOpposite > 0) return Math.abs(fNewest) < Math.abs(fOpposite) ? newest : opposite;
  let step = 0.5;
  for (let round = 0; round < 200; round += 1) {
    const x = newest + step * (opposite - newest);
    const fx = f(x);
    if (fx === 0) return x;
    if (Math.sign(fx) === Math.sign(fNewest)) {
      oldest = newest;
      fOldest = fNewest;
    } else {
      oldest = opposite;
      opposite = newest;
      fOldest = fOpposite;
      fOpposite = fNewest;
    }
    newest = x;
    fNewest = fx;
    const best = Math.abs(fNewest) < Math.abs(fOpposite) ? newest : opposite;
    const wanted = (tolerance * Math.abs(best) + 1e-300) / Math.abs(opposite - newest);
    if (wanted > 0.5) return best;
    const place = (newest - opposite) / (oldest - opposite);
    const value = (fNewest - fOpposite) / (fOldest - fOpposite);
    const safe = value * value < place && (1 - value) * (1 - value) < 1 - place;
    const interpolated = safe
      ? (fNewest / (fOpposite - fNewest)) * (fOldest / (fOpposite - fOldest)) +
        ((oldest - newest) / (opposite - newest)) *
          (fNewest / (fOldest - fNewest)) *
          (fOpposite / (fOldest - fOpposite))
      : 0.5;
    step = Math.min(1 - wanted, Math.max(wanted, interpolated));
  }
  return newest;
}

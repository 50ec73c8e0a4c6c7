/** Waits until `condition` returns something true, and returns it; what it throws counts as "not yet" until time is up. */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: { timeoutMs?: number; what?: string } = {},
): Promise<Exclude<NonNullable<T>, false>> {
  const limit = options.timeoutMs ?? 30_000;
  const deadline = performance.now() + limit;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<NonNullable<T>, false>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${limit} ms: ${options.what ?? condition.toString()}`, { cause: lastError });
    }
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

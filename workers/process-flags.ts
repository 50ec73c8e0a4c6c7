/**
 * Node's flags for our processes. A worker's memory is bounded on purpose: without these, V8 lets garbage pile up to
 * 350 MB under load; with them it stays below 300 MB at the same speed (`npm run bench:send`).
 */
export const processFlags = {
  worker: ['--enable-source-maps', '--max-semi-space-size=8', '--max-old-space-size=256'],
  gateway: ['--enable-source-maps'],
} as const;

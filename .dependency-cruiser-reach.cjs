/**
 * The house rule about what code loads in the end, however many steps away. Types are erased first: an import of a type
 * loads nothing, and leads nowhere. The other house rules are in .dependency-cruiser.cjs.
 */
const { options } = require('./.dependency-cruiser.cjs');

module.exports = {
  forbidden: [
    {
      name: 'workflows-reach-no-effects',
      comment:
        'workflow code is replayed: whatever it loads, however indirectly, must be deterministic. No clock, disk, network, process, or heavy package.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        reachable: true,
        path: [
          '^(node:)?(fs|http|https|net|tls|dns|dgram|crypto|os|process|child_process|worker_threads|cluster|perf_hooks|timers|stream|zlib|path|buffer|async_hooks|readline|v8|vm)(/|$)',
          'node_modules/(zod|axios|pino|pg|nodemailer|fastify|liquidjs|mjml|yaml|prom-client|commander|intl-messageformat)/',
          'node_modules/@temporalio/(client|worker|activity|testing|core-bridge)/',
        ],
      },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
};

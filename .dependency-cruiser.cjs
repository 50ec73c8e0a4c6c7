/**
 * The house rules: who may import whom. `npm run house` checks them; tests/unit/house-rules... proves that they bite.
 * A type-only import is told apart from one that loads code, so a rule can allow the one and forbid the other.
 */

/** What those who serve people build on. */
const operators = [
  'definition',
  'decisions',
  'email',
  'ledger',
  'measured',
  'reports',
  'i18n',
  'settings',
  'errors',
  'telemetry',
  'workflows',
];

/** Folders of the house; each may import itself, what is listed, and packages from npm. */
const mayImport = {
  definition: ['email', 'errors'],
  email: ['errors'],
  errors: [],
  settings: ['errors'],
  telemetry: ['errors'],
  i18n: ['errors'],
  reports: ['definition', 'email', 'errors', 'i18n'],
  platforms: ['email', 'errors', 'telemetry'],
  ledger: ['definition', 'email', 'errors', 'settings', 'telemetry'],
  decisions: [],
  measured: ['definition', 'decisions', 'ledger', 'errors', 'reports', 'telemetry'],
  activities: [
    'definition',
    'decisions',
    'measured',
    'email',
    'platforms',
    'ledger',
    'i18n',
    'errors',
    'telemetry',
    'reports',
    'settings',
  ],
  workflows: ['definition'],
  simulation: ['definition', 'decisions', 'reports', 'i18n', 'errors'],
  operations: [
    'definition',
    'email',
    'ledger',
    'measured',
    'platforms',
    'settings',
    'errors',
    'telemetry',
    'workflows',
  ],
  sync: ['definition', 'email', 'errors', 'ledger', 'operations', 'platforms', 'settings', 'telemetry'],
  gateway: [...operators, 'operations'],
  cli: [...operators, 'operations', 'simulation', 'sync'],
};

/** Types may cross where code may not. */
const mayImportTypesOf = {
  definition: ['decisions'],
  platforms: ['definition', 'decisions'],
  ledger: ['reports', 'decisions'],
  workflows: ['activities', 'email', 'sync'],
  gateway: ['activities'],
  cli: ['activities'],
};

const ours = [...Object.keys(mayImport), 'workers', 'tests', 'bench'];
const anyOf = (folders) => `^(${folders.join('|')})/`;

const houseRules = Object.keys(mayImport).flatMap((folder) => {
  const allowed = [folder, ...mayImport[folder]];
  const allowedTypes = [...allowed, ...(mayImportTypesOf[folder] ?? [])];
  const strangers = ours.filter((other) => !allowedTypes.includes(other));
  const typesOnly = allowedTypes.filter((other) => !allowed.includes(other));
  return [
    {
      name: `${folder}-keeps-to-its-neighbours`,
      comment: `${folder}/ may import ${mayImport[folder].join(', ') || 'nothing of ours'}`,
      severity: 'error',
      from: { path: anyOf([folder]) },
      to: { path: anyOf(strangers) },
    },
    ...(typesOnly.length === 0
      ? []
      : [
          {
            name: `${folder}-imports-types-only`,
            comment: `${folder}/ may import types of ${typesOnly.join(', ')}, no code`,
            severity: 'error',
            from: { path: anyOf([folder]) },
            to: { path: anyOf(typesOnly), dependencyTypesNot: ['type-only'] },
          },
        ]),
  ];
});

module.exports = {
  forbidden: [
    ...houseRules,
    {
      name: 'nothing-imports-entry-points-and-tests',
      comment: 'workers, cli, gateway, tests and bench are where things start; nobody builds on them',
      severity: 'error',
      from: { path: anyOf(ours), pathNot: anyOf(['workers', 'tests', 'bench', 'cli', 'gateway']) },
      to: { path: anyOf(['workers', 'cli', 'gateway', 'tests', 'bench']) },
    },
    {
      name: 'workers-import-no-tests',
      severity: 'error',
      from: { path: anyOf(['workers']) },
      to: { path: anyOf(['tests']) },
    },
    {
      name: 'workflows-import-only-the-sdk',
      comment: 'of npm, workflows import @temporalio/workflow and @temporalio/common',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        path: 'node_modules/',
        pathNot: 'node_modules/@temporalio/(workflow|common)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'code-imports-no-test-packages',
      comment: 'what only tests need is not installed in production',
      severity: 'error',
      from: { path: anyOf(ours), pathNot: ['^tests/', '^bench/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: { path: anyOf(ours) },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.volante|\\.peers)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types', 'import'],
      extensions: ['.ts', '.tsx', '.js', '.cjs', '.mjs', '.d.ts', '.json'],
    },
  },
};

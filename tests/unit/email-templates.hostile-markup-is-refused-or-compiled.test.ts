import { compileEmail } from '../../email';
import { source } from '../support/compiled-email';

const mjml = (text: string, head = '') =>
  `<mjml lang="en"><mj-head>${head}</mj-head><mj-body><mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section></mj-body></mjml>`;

const refused: [string, 'html' | 'mjml', string][] = [
  ['deep', 'html', '<div>'.repeat(50_000)],
  ['deep', 'mjml', mjml('<div>'.repeat(50_000))],
  ['deep sections', 'mjml', `<mjml><mj-body>${'<mj-section>'.repeat(20_000)}`],
  ['many elements', 'html', '<br>'.repeat(10_001)],
  ['deep with text', 'html', '<div>x'.repeat(40_000)],
  ['too long', 'html', ' '.repeat(300_001)],
  ['endless styles', 'mjml', mjml('x', `<mj-style inline="inline">${'a{b:c}'.repeat(20_000)}</mj-style>`)],
  ['binary', 'html', '\u0000\u0001\u0002'],
  ['no MJML', 'mjml', 'hello'],
  ['nothing', 'html', ' \n'],
  ['nothing of MJML', 'mjml', ''],
];

const survived: [string, 'html' | 'mjml', string][] = [
  ['signs', 'html', '<'.repeat(299_000)],
  ['ampersands', 'html', '&'.repeat(299_000)],
  ['comments', 'html', '<!--'.repeat(74_000)],
  ['attributes', 'html', `<a ${'b '.repeat(140_000)}`],
  ['open quote', 'html', `<p title="${'x'.repeat(290_000)}`],
  ['half tags', 'html', '<body '.repeat(45_000)],
  ['lines', 'html', '\n'.repeat(299_000)],
  ['spaces', 'mjml', mjml(' \n'.repeat(140_000))],
  ['signs', 'mjml', mjml('<'.repeat(100_000))],
  ['attributes', 'mjml', mjml(`<a ${'b="c" '.repeat(40_000)}`)],
  ['import of a file', 'mjml', mjml('x', '<mj-style inline="inline">@import url("file:///etc/passwd");</mj-style>')],
  ['link to a file', 'html', '<html lang="en"><head><link rel="stylesheet" href="file:///etc/passwd"></head></html>'],
  ['half of MJML', 'mjml', '<mjml><mj-body>'],
];

async function compile(format: 'html' | 'mjml', content: string) {
  const start = performance.now();
  const result = await compileEmail(source('', { template: { path: 'offer', content, format } }));
  if (process.env.VOLANTE_SHOW_TIMES) process.stdout.write(`${(performance.now() - start).toFixed(0)} ms\n`);
  return result;
}

test.each(refused)('%s: refused (%s)', async (_name, format, content) => {
  const { email, problems } = await compile(format, content);
  expect(email).toBeUndefined();
  expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
});

test.each(survived)('%s: ends with an answer (%s)', async (_name, format, content) => {
  const { email, problems } = await compile(format, content);
  expect(email !== undefined || problems.some(({ severity }) => severity === 'error')).toBe(true);
  expect(JSON.stringify(problems)).not.toContain('root:');
});

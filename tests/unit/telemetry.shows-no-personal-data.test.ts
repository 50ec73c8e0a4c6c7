import { Writable } from 'node:stream';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { createLogger } from '../../telemetry/logger';
import { createMetrics } from '../../telemetry/metrics';
import { serveMetrics } from '../../telemetry/metrics-server';
import { addressTag, maskAddress, scrub } from '../../telemetry/personal-data';
import { temporalLogger } from '../../telemetry/temporal-logger';

function captured(level = 'debug'): {
  logger: ReturnType<typeof createLogger>;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8');
      done();
    },
  });
  const logger = createLogger({ service: 'test', level, destination });
  const lines = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, text: () => text };
}

test('an address is shown by its first letter and its domain', () => {
  expect(maskAddress('ana@shop.example')).toBe('a***@shop.example');
  expect(maskAddress('no address')).toBe('***');
  expect(maskAddress('@shop.example')).toBe('***');
});

test('a tag stands for an address, differently under each key', () => {
  expect(addressTag('ana@shop.example', 'k')).toMatch(/^[0-9a-f]{12}$/);
  expect(addressTag('ana@shop.example', 'k')).toBe(addressTag('ana@shop.example', 'k'));
  expect(addressTag('ana@shop.example', 'k')).not.toBe(addressTag('ana@shop.example', 'l'));
});

test.each([
  ['550 5.1.1 <ana.garcia@shop.example>: no such user', '550 5.1.1 <a***@shop.example>: no such user'],
  ['postgresql://volante:s3cret@127.0.0.1:5432/volante', 'postgresql://***@127.0.0.1:5432/volante'],
  ['loaded @temporalio/worker', 'loaded @temporalio/worker'],
  ['maría@correo.españa', 'm***@correo.españa'],
])('%s is logged as %s', (written, shown) => {
  expect(scrub(written)).toBe(shown);
});

test('whatever carries an address into a log line, the address does not come out', () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.string({ unit: 'binary' }), (address, noise) => {
      fc.pre((address.split('@')[0] ?? '').length > 1);
      const { logger, lines, text } = captured();
      const error = Object.assign(new Error(`rejected ${address}`), { rejected: [address], envelope: { to: address } });
      logger.info({ note: `${noise} ${address} ${noise}`, deep: { list: [address] } }, `sent to ${address}`);
      logger.error({ err: new Error('outer', { cause: error }) }, 'failed');
      expect(text()).not.toContain(JSON.stringify(address).slice(1, -1));
      expect(lines()).toHaveLength(2);
    }),
  );
});

test('one event is one line, whatever its values contain', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const { logger, lines } = captured();
      logger.info({ value: `${value}\r\n{"level":"fatal"}` }, `said\r\n${value}`);
      expect(lines()).toHaveLength(1);
    }),
  );
});

test('secrets and message bodies are hidden by their names', () => {
  const { logger, lines } = captured();
  logger.info({ password: 'p', smtp: { password: 'q' }, html: '<p>', subject: 'Hola' }, 'x');
  expect(lines()[0]).toMatchObject({
    password: '[hidden]',
    smtp: { password: '[hidden]' },
    html: '[hidden]',
    subject: '[hidden]',
    service: 'test',
    level: 'info',
  });
});

test('an unknown log level means info', () => {
  const { logger, lines } = captured('loud');
  logger.debug('not shown');
  logger.info('shown');
  expect(lines().map(({ msg }) => msg)).toEqual(['shown']);
});

test('what the SDK logs arrives with its level, fields and error', () => {
  const { logger, lines } = captured();
  const sdk = temporalLogger(logger);
  sdk.warn('Activity failed', {
    activityType: 'sendPage',
    error: ApplicationFailure.nonRetryable('for ana@shop.example', 'Refused'),
  });
  expect(lines()[0]).toMatchObject({
    level: 'warn',
    msg: 'Activity failed',
    activityType: 'sendPage',
    err: { type: 'ApplicationFailure', message: 'for a***@shop.example' },
  });
});

test('metrics and health are served as OpenMetrics text', async () => {
  const metrics = createMetrics({ service: 'worker' });
  let problem: string | undefined;
  const server = await serveMetrics({ metrics, port: 0, problem: () => problem });
  try {
    metrics.deliveries.inc({ platform: 'mail', outcome: 'sent' }, 3);
    const answer = await fetch(`${server.url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await answer.text();
    expect(text).toContain('volante_deliveries_total{platform="mail",outcome="sent",service="worker"} 3');
    expect(text.trimEnd().endsWith('# EOF')).toBe(true);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    problem = 'no database';
    const ill = await fetch(`${server.url}/healthz`);
    expect([ill.status, await ill.text()]).toEqual([503, 'no database\n']);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
    expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
  } finally {
    await server.close();
  }
});

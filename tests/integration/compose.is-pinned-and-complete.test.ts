import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { packageRoot } from '../../settings/package-root';
import { executableOnPath } from '../../workers/binaries/executable-on-path';
import { searchAttributeNames } from '../../workers/temporal/dev-server';
import { describeWhen } from '../support/describe-when';

const root = packageRoot();
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const versions = new Map(
  readFileSync(join(root, '.env'), 'utf8')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => line.split('=', 2) as [string, string]),
);

interface Service {
  image: string;
  build?: { args: Record<string, string> };
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string | number>;
  ports?: string[];
  restart?: string;
}

const document = parseDocument(text, { merge: true });
const { services } = document.toJS() as { services: Record<string, Service> };
const oneShot = ['temporal-schema', 'temporal-namespace'];

test('it has every part of the house', () => {
  expect(Object.keys(services).sort()).toEqual(
    [
      'gateway',
      'mailbox',
      'postgresql',
      'temporal',
      'temporal-namespace',
      'temporal-schema',
      'temporal-ui',
      'worker',
    ].sort(),
  );
});

test.each(Object.entries(services))('%s: its image is pinned in .env', (_name, service) => {
  const variable = /:\$\{(\w+)\}$/.exec(service.image)?.[1] ?? '';
  const version = versions.get(variable) ?? '';
  expect(version).toMatch(/^\d+\.\d+/);
  expect(version).not.toContain('latest');
});

test('no version of .env is left over', () => {
  for (const name of versions.keys()) expect([name, text.includes(`\${${name}}`)]).toEqual([name, true]);
});

test.each(Object.entries(services))('%s: what serves has a health check, what runs once does not', (name, service) => {
  expect(service.healthcheck !== undefined).toBe(!oneShot.includes(name));
});

test.each(Object.entries(services))('%s: waits for health or completion of what it needs', (_name, service) => {
  for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
    const expected = oneShot.includes(needed) ? 'service_completed_successfully' : 'service_healthy';
    expect([needed, condition]).toEqual([needed, expected]);
  }
});

test('only pages are published, and only on this machine', () => {
  const published = Object.entries(services).filter(([, service]) => service.ports);
  expect(published.map(([name]) => name).sort()).toEqual(['gateway', 'mailbox', 'temporal-ui']);
  for (const [, service] of published) for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('worker and gateway get every address by the names that settings read', () => {
  for (const name of ['worker', 'gateway']) {
    expect(Object.keys(services[name]?.environment ?? {})).toEqual(
      expect.arrayContaining([
        'TEMPORAL_ADDRESS',
        'TEMPORAL_NAMESPACE',
        'DATABASE_URL',
        'SMTP_URL',
        'VOLANTE_GATEWAY_URL',
        'VOLANTE_SECRET_KEY',
        'VOLANTE_DATA_DIR',
        'VOLANTE_WORKSPACE',
      ]),
    );
  }
});

test('the namespace gets the search attributes of the workflows', () => {
  const script = readFileSync(join(root, 'docker', 'temporal', 'namespace.sh'), 'utf8');
  const listed = /<<'ATTRIBUTES'\n([\s\S]*?)\nATTRIBUTES/.exec(script)?.[1]?.split('\n');
  expect(listed).toEqual(searchAttributeNames().map(({ name, type }) => `${name} ${type}`));
});

test('the server gets the settings of the local one', () => {
  const config: unknown = parse(readFileSync(join(root, 'docker', 'temporal', 'dynamic-config.yaml'), 'utf8'));
  expect(config).toEqual({
    'matching.useNewMatcher': [{ value: true }],
    'matching.enableFairness': [{ value: true }],
  });
});

test.each(['schema.sh', 'namespace.sh'])('docker/temporal/%s is a script that a shell can read', (name) => {
  execFileSync('sh', ['-n', join(root, 'docker', 'temporal', name)]);
});

test('the image is built in stages, on the pinned Node.js, and does not run as root', () => {
  const lines = readFileSync(join(root, 'Dockerfile'), 'utf8').split('\n');
  const stages = lines.filter((line) => line.startsWith('FROM '));
  expect(stages).toHaveLength(2);
  for (const stage of stages) expect(stage).toMatch(/ node:\$\{NODE_VERSION\}-/);
  expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node');
});

const compose = composeCommand();

describeWhen('docker compose config', compose ? undefined : 'there is no `docker compose` on this machine', () => {
  const config = (env: NodeJS.ProcessEnv) => {
    const [command = '', ...words] = compose ?? [];
    return spawnSync(command, [...words, 'config', '--format', 'json'], { cwd: root, env, encoding: 'utf8' });
  };

  test('accepts the file', () => {
    const result = config({ ...process.env, VOLANTE_SECRET_KEY: 'ab'.repeat(32) });
    expect([result.status, result.stderr]).toEqual([0, expect.not.stringContaining('error') as string]);
    const resolved = JSON.parse(result.stdout) as { services: Record<string, Service> };
    expect(resolved.services.temporal?.image).toBe(`temporalio/server:${versions.get('TEMPORAL_VERSION')}`);
  });

  test('refuses to start without a secret key', () => {
    const { VOLANTE_SECRET_KEY: _key, ...env } = process.env;
    const result = config(env);
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('VOLANTE_SECRET_KEY');
  });
});

function composeCommand(): string[] | undefined {
  const docker = executableOnPath('docker');
  if (!docker) return undefined;
  return spawnSync(docker, ['compose', 'version'], { stdio: 'ignore' }).status === 0 ? [docker, 'compose'] : undefined;
}

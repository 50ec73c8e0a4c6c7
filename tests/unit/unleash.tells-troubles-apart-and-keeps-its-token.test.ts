/** A server that misbehaves as told; how Unleash itself answers is the integration suite's business. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { openFlagPlatform } from '../../platforms/open-flag-platform';
import { createUnleashFlags } from '../../platforms/unleash';
import { parseBaseAddress } from '../../platforms/unleash/server-address';
import { createLogger } from '../../telemetry/logger';
import { freePort } from '../../workers/binaries/free-port';

const token = '*:*.3f0b9c-this-is-secret';
const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serverThat(behaves: RequestListener): Promise<string> {
  const server = createServer(behaves);
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function platformAt(url: string, timeouts = { request: 300, call: 600 }) {
  const config = { kind: 'unleash' as const, url, token, project: 'default', environment: 'development' };
  return createUnleashFlags({ platform: 'flags', config, timeouts });
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };

const refusal = (message: string): string => JSON.stringify({ name: 'SomeError', message, details: [{ message }] });

test.each<[string, RequestListener, object]>([
  [
    'too many requests',
    answer(429, refusal('slow down'), { 'retry-after': '7' }),
    { trouble: 'busy', retryable: true, retryAfterMs: 7_000 },
  ],
  [
    'an error of the server',
    answer(500, refusal('oops')),
    { trouble: 'busy', retryable: true, message: expect.stringContaining('oops') },
  ],
  ['a proxy without its server', answer(503, '<html>'), { trouble: 'busy', retryable: true }],
  ['a refused token', answer(401, refusal('You must log in')), { trouble: 'token-refused', retryable: false }],
  ['a token of less power', answer(403, refusal('no')), { trouble: 'token-refused', retryable: false }],
  ['a log-in page', answer(200, '<html>log in</html>'), { trouble: 'not-understood', retryable: false }],
  ['another service', answer(404, 'nothing here'), { trouble: 'not-understood', retryable: false }],
  [
    'another version',
    answer(404, refusal('The path you were looking for (/x) is not available.')),
    { trouble: 'not-understood', retryable: false },
  ],
  [
    'JSON of another kind',
    answer(200, '{"environments":[{"name":7}]}'),
    { trouble: 'not-understood', retryable: false },
  ],
  [
    'a redirection',
    answer(302, '', { location: 'http://127.0.0.1:1/steal' }),
    { trouble: 'not-understood', retryable: false },
  ],
  ['an endless answer', answer(200, `"${'x'.repeat(3_000_000)}"`), { trouble: 'not-understood', retryable: false }],
  ['silence', () => undefined, { trouble: 'unreachable', retryable: true }],
  ['a cut connection', (request) => request.socket.destroy(), { trouble: 'unreachable', retryable: true }],
])('%s', async (_what, behaves, expected) => {
  // What answers may take its time on a busy machine; what does not is waited for briefly.
  const timeouts =
    'retryable' in expected && expected.retryable === true ? undefined : { request: 10_000, call: 20_000 };
  const flags = platformAt(await serverThat(behaves), timeouts);
  await expect(flags.read({ flag: 'hero' })).rejects.toMatchObject({ name: 'FlagPlatformError', ...expected });
  await expect(flags.switchOff({ flag: 'hero', owner: 'run' })).rejects.toMatchObject(expected);
});

test('an answer that never ends is given up', async () => {
  const flags = platformAt(
    await serverThat((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    }),
  );
  await expect(flags.read({ flag: 'hero' })).rejects.toMatchObject({ trouble: 'unreachable', retryable: true });
});

test('nobody listens', async () => {
  const flags = platformAt(`http://127.0.0.1:${await freePort()}`);
  await expect(flags.check()).rejects.toMatchObject({
    trouble: 'unreachable',
    retryable: true,
    message: 'flag platform flags cannot be reached: ECONNREFUSED',
  });
});

test('the token goes to the server and nowhere else: not into errors, not into logs, not after a redirection', async () => {
  const seen: (string | undefined)[] = [];
  const thief = await serverThat((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  const lines: string[] = [];
  const logger = createLogger({ service: 'worker', level: 'info', destination: { write: (line) => lines.push(line) } });
  const behaviours: RequestListener[] = [
    answer(302, '', { location: thief }),
    answer(401, refusal(`unknown token ${token}`)),
    answer(400, refusal(`bad ${token}`)),
    answer(500, refusal(token)),
    (request) => request.socket.destroy(),
  ];
  for (const behaves of behaviours) {
    let authorization: string | undefined;
    const url = await serverThat((request, response) => {
      authorization = request.headers.authorization;
      behaves(request, response);
    });
    const error: unknown = await platformAt(url)
      .read({ flag: 'hero' })
      .catch((reason: unknown) => reason);
    expect(authorization).toBe(token);
    logger.warn({ err: error }, 'flag platform');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('this-is-secret');
  }
  expect(lines).toHaveLength(behaviours.length);
  expect(lines.join('')).not.toContain('this-is-secret');
  expect(seen).toEqual([]);
});

test.each(['..', '.', 'a/b', 'a b', 'ñ', '', '%2e%2e', 'x'.repeat(101)])(
  'a flag called %j is refused before anything is asked',
  async (flag) => {
    let asked = 0;
    const flags = platformAt(
      await serverThat((_request, response) => {
        asked += 1;
        response.end('{}');
      }),
    );
    await expect(flags.read({ flag })).rejects.toMatchObject({ trouble: 'refused', retryable: false });
    expect(asked).toBe(0);
  },
);

test.each([
  ['https://flags.shop.example', 'https://flags.shop.example/'],
  ['https://shop.example/unleash', 'https://shop.example/unleash/'],
  ['https://shop.example/unleash/', 'https://shop.example/unleash/'],
  ['http://127.0.0.1:4242/api', 'http://127.0.0.1:4242/'],
  ['http://127.0.0.1:4242/api/admin/', 'http://127.0.0.1:4242/'],
])('the address %s is asked at %s', (written, expected) => {
  expect(parseBaseAddress(written, 'flags').href).toBe(expected);
});

test.each(['flags', 'ftp://flags', 'https://user:very-secret@flags', 'https://flags/?token=very-secret', ''])(
  'the address %j is refused and not repeated',
  (written) => {
    expect(() => parseBaseAddress(written, 'flags')).toThrow(
      expect.objectContaining({ code: 'VOL-102', message: expect.not.stringContaining('very-secret') as string }),
    );
  },
);

test('a platform of the workspace is opened with its secrets; what is missing is named', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serverThat((request, response) => {
    asked.push(request.headers.authorization);
    answer(429, refusal('later'))(request, response);
  });
  const flagPlatforms = {
    flags: {
      kind: 'unleash' as const,
      url: 'env://UNLEASH_URL',
      token: 'secret://UNLEASH_TOKEN',
      project: 'default',
      environment: 'development',
    },
  };
  const env = { UNLEASH_URL: url, VOLANTE_SECRET_UNLEASH_TOKEN: token };
  const flags = openFlagPlatform({ workspace: { flagPlatforms }, platform: 'flags', env });
  await expect(flags.check()).rejects.toMatchObject({ trouble: 'busy' });
  expect(asked).toEqual([token]);
  const { UNLEASH_URL: _url, ...half } = env;
  expect(() => openFlagPlatform({ workspace: { flagPlatforms }, platform: 'flags', env: half })).toThrow(
    expect.objectContaining({ code: 'VOL-505' }),
  );
  expect(() => openFlagPlatform({ workspace: { flagPlatforms }, platform: 'other', env })).toThrow(
    expect.objectContaining({ code: 'VOL-502' }),
  );
});

/** Doubles of the three forges; `npm run test:gitea` holds a real Gitea to the same contract, on request. */
import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { openForge } from '../../platforms/open-forge';
import { forgeContract } from '../support/forge-contract';
import { ForgeDouble } from '../support/forge-double';

const commit = 'ab'.repeat(20);
const started: ForgeDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

async function startDouble(kind: ForgeDouble['kind']): Promise<ForgeDouble> {
  const double = await ForgeDouble.start(kind);
  started.push(double);
  return double;
}

describe.each(['github', 'gitea', 'gitlab'] as const)('%s', (kind) => {
  forgeContract(async () => {
    const double = await ForgeDouble.start(kind);
    return {
      address: double.address(),
      pullRequest: 7,
      commit,
      sayAsStranger: async (body) => void double.say('mallory', body),
      comments: async () => double.comments,
      statuses: async () => [...double.statuses],
      close: () => double.close(),
    };
  });

  test('our comment is found behind hundreds of others', async () => {
    const double = await startDouble(kind);
    const forge = openForge(double.address());
    for (let n = 0; n < 150; n += 1) double.say('bruno', `remark ${n}`);
    const comment = { pullRequest: 7, marker: 'volante:plan:test', body: 'plan' };
    await forge.putComment(comment);
    for (let n = 0; n < 150; n += 1) double.say('bruno', `more ${n}`);
    expect(await forge.putComment({ ...comment, body: 'again' })).toMatchObject({ outcome: 'edited' });
    expect(double.comments.filter(({ author }) => author === 'ana')).toHaveLength(1);
  });

  test('an address, a repository or a mark that cannot be one is refused before anything is asked', async () => {
    const double = await startDouble(kind);
    expect(() => openForge({ ...double.address(), url: 'ftp://x' })).toThrow(/address/);
    if (kind !== 'gitlab')
      expect(() => openForge({ ...double.address(), repository: '../../user' })).toThrow(/owner\/name/);
    const forge = openForge(double.address());
    await expect(forge.putComment({ pullRequest: 7, marker: 'a -->', body: '' })).rejects.toThrow(RangeError);
    expect(double.asked).toEqual([]);
  });
});

test.each([
  ['github', 'github-actions[bot]'],
  ['gitea', 'gitea-actions'],
] as const)("a workflow's token, which may not ask who it is, edits its own comment (%s)", async (kind, bot) => {
  const double = await startDouble(kind);
  double.users.set('job', undefined);
  double.bot = bot;
  const forge = openForge(double.address('job'));
  const comment = { pullRequest: 7, marker: 'volante:plan:test', body: 'one' };
  expect(await forge.putComment(comment)).toMatchObject({ outcome: 'created' });
  expect(await forge.putComment({ ...comment, body: 'two' })).toMatchObject({ outcome: 'edited' });
  expect(double.comments).toHaveLength(1);
});

test('a token nobody knows the name of still leaves no second comment', async () => {
  const double = await startDouble('github');
  double.users.set('app', undefined);
  double.bot = 'our-own-app[bot]';
  for (const body of ['one', 'two', 'three'])
    await openForge(double.address('app')).putComment({ pullRequest: 7, marker: 'volante:plan:test', body });
  expect(double.comments.map(({ body }) => body)).toEqual(['<!-- volante:plan:test -->\nthree']);
});

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  };
const said = (message: string) => JSON.stringify({ message });

describe.each(['github', 'gitea', 'gitlab'] as const)('%s in trouble', (kind) => {
  test.each<[string, RequestListener, object]>([
    [
      'too many requests',
      answer(429, said('slow'), { 'retry-after': '7' }),
      { trouble: 'busy', retryable: true, retryAfterMs: 7_000 },
    ],
    ['an error of the server', answer(502, '<html>'), { trouble: 'busy', retryable: true }],
    [
      'a refused token',
      answer(401, said('Bad credentials')),
      { trouble: 'key-refused', retryable: false, code: 'VOL-506' },
    ],
    ['a token of less power', answer(403, said('no')), { trouble: 'key-refused', retryable: false }],
    ['nothing there', answer(404, said('Not Found')), { trouble: 'not-there', retryable: false }],
    [
      'a refusal',
      answer(422, said('Validation Failed')),
      { trouble: 'refused', message: expect.stringContaining('Validation Failed') },
    ],
    ['a log-in page', answer(200, '<html>'), { trouble: 'not-understood', retryable: false }],
    ['a redirection', answer(302, '{}', { location: 'http://127.0.0.1:1/' }), { trouble: 'not-understood' }],
    ['an endless answer', answer(200, `"${'x'.repeat(6_000_000)}"`), { trouble: 'not-understood' }],
    ['silence', () => undefined, { trouble: 'unreachable', retryable: true, code: 'VOL-502' }],
    ['a cut connection', (request) => request.socket.destroy(), { trouble: 'unreachable', retryable: true }],
    [
      'its own token in an answer',
      answer(400, said('token-of-ana is bad')),
      { message: expect.not.stringContaining('token-of-ana') },
    ],
  ])('%s', async (what, misbehave, expected) => {
    const double = await startDouble(kind);
    double.misbehave = misbehave;
    const forge = openForge({ ...double.address(), timeoutMs: what === 'silence' ? 300 : 10_000 });
    const status = { commit, context: 'volante/plan', state: 'success' as const, description: '' };
    const error: unknown = await forge.setStatus(status).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'ForgeError', ...expected });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('token-of-ana');
  });
});

test("GitHub's limits, which it answers as a refusal, are no refusal of the token", async () => {
  const double = await startDouble('github');
  const forge = openForge(double.address());
  const ask = () => forge.setStatus({ commit, context: 'x', state: 'success', description: '' });
  double.misbehave = answer(403, said('API rate limit exceeded'), { 'x-ratelimit-remaining': '0' });
  await expect(ask()).rejects.toMatchObject({ trouble: 'busy', retryable: true });
  double.misbehave = answer(403, said('secondary rate limit'), { 'retry-after': '60' });
  await expect(ask()).rejects.toMatchObject({ trouble: 'busy', retryAfterMs: 60_000 });
});

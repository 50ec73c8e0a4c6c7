/** What every forge promises; held against doubles always, and against a real Gitea on request. */
import type { Forge, ForgeAddress } from '../../platforms/forges';
import { openForge } from '../../platforms/open-forge';

export interface ForgeUnderTest {
  /** With a token that may write. */
  address: ForgeAddress;
  /** Of an open pull request of that repository. */
  pullRequest: number;
  commit: string;
  /** Writes a comment as somebody else. */
  sayAsStranger(body: string): Promise<void>;
  /** Every comment of the pull request, oldest first. */
  comments(): Promise<{ author: string; body: string }[]>;
  /** Statuses of the commit, the newest of each context. */
  statuses(): Promise<{ context: string; state: string; description: string; targetUrl?: string }[]>;
  close(): Promise<void>;
}

export function forgeContract(start: () => Promise<ForgeUnderTest>): void {
  let world: ForgeUnderTest;
  let forge: Forge;
  const marker = 'volante:plan:contract';
  const put = (body: string) => forge.putComment({ pullRequest: world.pullRequest, marker, body });
  const ours = async () =>
    (await world.comments()).filter(({ body }) => body.startsWith('<!-- volante:plan:contract -->'));

  beforeAll(async () => {
    world = await start();
    forge = openForge(world.address);
  }, 120_000);
  afterAll(() => world?.close());

  test('a comment is written, left alone when it says the same, and edited in place', async () => {
    expect(await put('**first** plan')).toMatchObject({ outcome: 'created' });
    expect(await put('**first** plan')).toMatchObject({ outcome: 'unchanged' });
    expect(await put('second plan\n\n| a | b |\n|---|---|\n| 1 | 2 |\n')).toMatchObject({ outcome: 'edited' });
    const [comment, ...others] = await ours();
    expect(others).toEqual([]);
    expect(comment?.body).toContain('| 1 | 2 |');
  });

  test("a stranger's comment with our mark is not ours: it is neither edited nor taken for the plan", async () => {
    await world.sayAsStranger('<!-- volante:plan:contract -->\nall is well');
    expect(await put('third plan')).toMatchObject({ outcome: 'edited' });
    const bodies = (await ours()).map(({ body }) => body.trimEnd());
    expect(bodies.sort()).toEqual([
      '<!-- volante:plan:contract -->\nall is well',
      '<!-- volante:plan:contract -->\nthird plan',
    ]);
  });

  test('another environment has a comment of its own', async () => {
    const other = { pullRequest: world.pullRequest, marker: 'volante:plan:other', body: 'other' };
    expect(await forge.putComment(other)).toMatchObject({ outcome: 'created' });
    expect(await put('fourth plan')).toMatchObject({ outcome: 'edited' });
  });

  test('two who write at the same time end with one comment', async () => {
    const race = 'volante:plan:race';
    const bodies = ['left', 'right', 'middle'];
    await Promise.all(
      bodies.map((body) => openForge(world.address).putComment({ pullRequest: world.pullRequest, marker: race, body })),
    );
    await forge.putComment({ pullRequest: world.pullRequest, marker: race, body: 'last' });
    const left = (await world.comments()).filter(({ body }) => body.startsWith(`<!-- ${race} -->`));
    expect(left.map(({ body }) => body.trimEnd())).toEqual([`<!-- ${race} -->\nlast`]);
  });

  test('a status is set, set again, and changed; each context has one', async () => {
    const status = { commit: world.commit, context: 'volante/plan', description: `two lines\n${'x'.repeat(300)}` };
    await forge.setStatus({ ...status, state: 'pending' });
    await forge.setStatus({ ...status, state: 'success', targetUrl: 'https://ci.shop.example/1' });
    await forge.setStatus({ ...status, state: 'success', targetUrl: 'https://ci.shop.example/1' });
    await forge.setStatus({ ...status, context: 'volante/sync', state: 'failure', description: 'refused' });
    const kept = (await world.statuses()).sort((a, b) => (a.context < b.context ? -1 : 1));
    expect(kept).toMatchObject([
      { context: 'volante/plan', state: 'success' },
      { context: 'volante/sync', state: expect.stringMatching(/^fail/), description: 'refused' },
    ]);
    expect(kept[0]?.description).toHaveLength(140);
    expect(kept[0]?.description).toMatch(/^two lines x+…$/);
  });

  test('what is not there is said, without the token', async () => {
    const wrong = forge.putComment({ pullRequest: 999_999, marker, body: 'x' });
    await expect(wrong).rejects.toMatchObject({ name: 'ForgeError', trouble: 'not-there', retryable: false });
    const elsewhere = openForge({ ...world.address, repository: 'shop/nothing' });
    await expect(elsewhere.putComment({ pullRequest: 1, marker, body: 'x' })).rejects.toMatchObject({
      trouble: 'not-there',
    });
    const stranger = openForge({ ...world.address, token: 'f'.repeat(40) });
    const refused: unknown = await stranger
      .setStatus({ commit: world.commit, context: 'x', state: 'success', description: '' })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ trouble: 'key-refused' });
    expect(JSON.stringify(refused)).not.toContain('f'.repeat(40));
  });
}

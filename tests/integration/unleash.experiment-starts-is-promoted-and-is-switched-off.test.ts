import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFlagPlatformError } from '../../platforms/flag-platform-error';
import type { FlagPlatform } from '../../platforms/flags';
import { createUnleashFlags } from '../../platforms/unleash';
import { unleashVersion, whyNoUnleashServer } from '../../workers/binaries/unleash-server';
import { examine } from '../../workers/stack/doctor/doctor';
import { CuttingProxy } from '../support/cutting-proxy';
import { validWorkspace, withKeys } from '../support/definition-fixture';
import { describeWhen } from '../support/describe-when';
import { eventually } from '../support/eventually';
import { temporaryFolder } from '../support/temporary-folder';
import { UnleashServer } from '../support/unleash-server';

interface Strategy {
  id: string;
  parameters: Record<string, string>;
  variants: { name: string; weight: number }[];
}

const visitors = Array.from({ length: 2_000 }, (_, index) => `visitor-${index}`);
/** Enough where every one of them must get the same. */
const some = visitors.slice(0, 300);
const owner = 'campaign/spring-sale/2027-04-01/hero';

describeWhen('Unleash', whyNoUnleashServer(), () => {
  const server = new UnleashServer();
  let flags: FlagPlatform;

  beforeAll(() => server.start(), 90_000);
  beforeAll(() => {
    flags = open();
  });
  afterAll(() => server.remove());

  function open(changes: { url?: string; token?: string; project?: string; environment?: string } = {}): FlagPlatform {
    const config = {
      kind: 'unleash' as const,
      url: server.url,
      token: server.adminToken,
      project: 'default',
      environment: 'development',
      ...changes,
    };
    return createUnleashFlags({ platform: 'flags', config, logger: { warn: () => undefined } });
  }

  function newFlag(): string {
    return `hero-${randomBytes(4).toString('hex')}`;
  }

  const experiment = (flag: string, changes: { owner?: string; exposure?: number } = {}) => ({
    flag,
    owner,
    description: 'Spring sale: which picture?',
    salt: 'spring-sale/hero',
    arms: [
      { name: 'control', share: 0.7 },
      { name: 'b', share: 0.3 },
    ],
    exposure: 0.2,
    ...changes,
  });

  const strategiesOf = (flag: string): Promise<Strategy[]> =>
    server.admin<Strategy[]>('GET', `projects/default/features/${flag}/environments/development/strategies`);

  /** What every visitor's page is told about a flag; undefined: nothing. */
  async function assignment(flag: string, of: readonly string[] = visitors): Promise<Map<string, string | undefined>> {
    const found = new Map<string, string | undefined>();
    const rest = [...of];
    const page = async (): Promise<void> => {
      for (let visitor = rest.pop(); visitor !== undefined; visitor = rest.pop()) {
        found.set(visitor, (await server.variants(visitor))[flag]);
      }
    };
    await Promise.all(Array.from({ length: 16 }, page));
    return found;
  }

  /** Pages hear of a change within moments, all at once. */
  async function assignmentWhen(
    flag: string,
    condition: (sample: (string | undefined)[]) => boolean,
    of: readonly string[] = visitors,
  ): Promise<Map<string, string | undefined>> {
    const sample = visitors.slice(0, 30);
    await eventually(async () => condition([...(await assignment(flag, sample)).values()]));
    return assignment(flag, of);
  }

  function expectShare(count: number, share: number, of: number): void {
    const sigma = Math.sqrt(of * share * (1 - share));
    expect(Math.abs(count - of * share)).toBeLessThanOrEqual(3 * sigma);
  }

  const countOf = (found: Map<string, string | undefined>, arm: string): number =>
    [...found.values()].filter((variant) => variant === arm).length;

  test('says which server it is, and that it may be used', async () => {
    expect(await flags.check()).toEqual({ server: `Unleash ${unleashVersion}` });
  });

  test('visitors get both arms in their shares, stay in them as exposure grows, then all get the winner, then nobody', async () => {
    const flag = newFlag();
    expect(await flags.read({ flag })).toEqual({ exists: false, enabled: false, exposure: 0, weights: {} });

    const started = await flags.startExperiment(experiment(flag));
    expect(started).toEqual({ exists: true, enabled: true, exposure: 0.2, weights: { control: 0.7, b: 0.3 } });
    expect(await flags.read({ flag })).toEqual(started);
    const few = await assignmentWhen(flag, (sample) => sample.some((variant) => variant === 'b'));
    const exposed = countOf(few, 'control') + countOf(few, 'b');
    expectShare(exposed, 0.2, visitors.length);
    expectShare(countOf(few, 'b'), 0.3, exposed);

    const grown = await flags.setExposure({ flag, owner, exposure: 0.6, weights: { control: 0.7, b: 0.3 } });
    expect(grown).toEqual({ exists: true, enabled: true, exposure: 0.6, weights: { control: 0.7, b: 0.3 } });
    const inSample = visitors.slice(0, 30).filter((visitor) => few.get(visitor) !== undefined).length;
    const more = await assignmentWhen(flag, (sample) => sample.filter(Boolean).length > inSample);
    expectShare(countOf(more, 'control') + countOf(more, 'b'), 0.6, visitors.length);
    expectShare(countOf(more, 'b'), 0.3 * 0.6, visitors.length);
    for (const [visitor, variant] of few) if (variant !== undefined) expect(more.get(visitor)).toBe(variant);

    const promoted = await flags.promote({ flag, owner, arm: 'b' });
    expect(promoted).toEqual({ exists: true, enabled: true, exposure: 1, weights: { control: 0, b: 1 } });
    expect(await flags.promote({ flag, owner, arm: 'b' })).toEqual(promoted);
    expect(await flags.read({ flag })).toEqual(promoted);
    const all = await assignmentWhen(flag, (sample) => sample.every((variant) => variant === 'b'), some);
    expect(countOf(all, 'b')).toBe(some.length);

    const off = await flags.switchOff({ flag, owner });
    expect(off).toMatchObject({ exists: true, enabled: false });
    expect(await flags.switchOff({ flag, owner })).toEqual(off);
    expect(await flags.read({ flag })).toEqual(off);
    const none = await assignmentWhen(flag, (sample) => sample.every((variant) => variant === undefined), some);
    expect([...none.values()].filter(Boolean)).toEqual([]);
  }, 180_000);

  test('the same salt gives the same visitors the same arms, whatever the order of the arms in the file', async () => {
    const [one, other] = [newFlag(), newFlag()];
    await flags.startExperiment(experiment(one, { exposure: 1 }));
    const reversed = experiment(other, { exposure: 1 });
    await flags.startExperiment({ ...reversed, arms: [...reversed.arms].reverse() });
    await eventually(async () => (await server.variants('visitor-0'))[other] !== undefined);
    expect(await assignment(other, some)).toEqual(await assignment(one, some));
  });

  test('a visitor who cannot be told apart is in no experiment', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag, { exposure: 1 }));
    await eventually(async () => (await server.variants('visitor-0'))[flag] !== undefined);
    expect((await server.variants(''))[flag]).toBeUndefined();
  });

  test('after an answer is lost at any point, the same call again leaves one flag with one strategy', async () => {
    const proxy = await CuttingProxy.before(server.url);
    const cut = open({ url: proxy.url });
    const reached = { exists: true, enabled: true, exposure: 0.2, weights: { control: 0.7, b: 0.3 } };
    let cuts = 0;
    try {
      for (let n = 1, lost = true; lost; n += 1) {
        const flag = newFlag();
        proxy.cutAt = n;
        const outcome = await cut.startExperiment(experiment(flag)).catch((error: unknown) => error);
        lost = isFlagPlatformError(outcome);
        if (lost) expect(outcome).toMatchObject({ trouble: 'unreachable', retryable: true });
        cuts += lost ? 1 : 0;
        proxy.cutAt = 0;
        expect(await cut.startExperiment(experiment(flag))).toEqual(reached);
        expect(await strategiesOf(flag)).toHaveLength(1);
        for (const change of [() => cut.promote({ flag, owner, arm: 'b' }), () => cut.switchOff({ flag, owner })]) {
          proxy.cutAt = n;
          await change().catch((error: unknown) => expect(error).toMatchObject({ retryable: true }));
          proxy.cutAt = 0;
          await change();
        }
        expect(await flags.read({ flag })).toEqual({
          ...reached,
          enabled: false,
          exposure: 1,
          weights: { control: 0, b: 1 },
        });
      }
    } finally {
      await proxy.close();
    }
    expect(cuts).toBeGreaterThanOrEqual(8);
  });

  test('several that start the same experiment at once end with one strategy', async () => {
    for (let round = 0; round < 5; round += 1) {
      const flag = newFlag();
      const start = async (): Promise<unknown> => {
        for (;;) {
          try {
            return await open().startExperiment(experiment(flag));
          } catch (error) {
            if (!isFlagPlatformError(error) || !error.retryable) throw error;
          }
        }
      };
      const states = await Promise.all([start(), start(), start(), start()]);
      for (const state of states) {
        expect(state).toEqual({ exists: true, enabled: true, exposure: 0.2, weights: { control: 0.7, b: 0.3 } });
      }
      expect(await strategiesOf(flag)).toHaveLength(1);
    }
  });

  test('a strategy that somebody adds by hand lets nobody past the experiment for longer than its next change', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    const path = `projects/default/features/${flag}/environments/development/strategies`;
    await server.admin('POST', path, {
      name: 'flexibleRollout',
      parameters: { rollout: '100', groupId: 'x', stickiness: 'default' },
    });
    await flags.promote({ flag, owner, arm: 'control' });
    const strategies = await strategiesOf(flag);
    expect(strategies.map(({ parameters }) => parameters.groupId)).toHaveLength(1);
    expect(await flags.read({ flag })).toMatchObject({ exposure: 1, weights: { control: 1, b: 0 } });
  });

  test('evaluations that clients report are counted by variant, by whole hours, in our environment only', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    const now = new Date();
    const ago = (hours: number) => new Date(now.getTime() - hours * 3600_000);
    expect(await flags.countEvaluations({ flag, since: ago(1) })).toEqual({});
    await eventually(
      async () => {
        await server.report({ [flag]: { control: 70, b: 30 } }, now);
        return (await flags.countEvaluations({ flag, since: ago(0) })).b !== undefined;
      },
      { what: 'the server knows the flag, and keeps what was reported', timeoutMs: 40_000 },
    );
    const before = await flags.countEvaluations({ flag, since: ago(0) });
    expect((before.control ?? 0) / (before.b ?? 1)).toBeCloseTo(70 / 30, 10);

    await server.report({ [flag]: { control: 5, b: 7, disabled: 900 } }, ago(3));
    await server.report({ [flag]: { b: 10_000 } }, ago(60));
    const longest = await eventually(
      async () => {
        const counted = await flags.countEvaluations({ flag, since: ago(100) });
        return counted.disabled === undefined ? undefined : counted;
      },
      { timeoutMs: 40_000, what: 'earlier hours are kept' },
    );
    const settled = await flags.countEvaluations({ flag, since: ago(0) });
    expect(longest).toEqual({ control: (settled.control ?? 0) + 5, b: (settled.b ?? 0) + 7, disabled: 900 });
    expect(await flags.countEvaluations({ flag, since: ago(3) })).toEqual(longest);
    expect(await open({ environment: 'production' }).countEvaluations({ flag, since: ago(100) })).toEqual({});
    expect(await flags.countEvaluations({ flag: newFlag(), since: ago(100) })).toEqual({});
    await expect(open({ token: '*:*.a-wrong-token' }).countEvaluations({ flag, since: now })).rejects.toMatchObject({
      trouble: 'token-refused',
    });
  }, 120_000);

  test('arms that are left out get nobody; weights that are unknown, or none, are refused', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    expect(await flags.setExposure({ flag, owner, exposure: 1, weights: { b: 0.4 } })).toMatchObject({
      weights: { control: 0, b: 1 },
    });
    const unusable: Record<string, number>[] = [{ c: 1 }, { b: 0 }, { b: Number.NaN }];
    for (const weights of unusable) {
      await expect(flags.setExposure({ flag, owner, exposure: 1, weights })).rejects.toMatchObject({
        trouble: 'refused',
        retryable: false,
      });
    }
    await expect(flags.promote({ flag, owner, arm: 'c' })).rejects.toMatchObject({ trouble: 'refused' });
    await expect(flags.startExperiment(experiment(newFlag(), { exposure: 0.001 }))).rejects.toMatchObject({
      trouble: 'refused',
    });
  });

  test('a flag that a person or another run has made is left as it is', async () => {
    const byHand = newFlag();
    await server.admin('POST', 'projects/default/features', { name: byHand, type: 'release' });
    const byAnother = newFlag();
    await flags.startExperiment(experiment(byAnother, { owner: 'campaign/other/2027-01-01/hero' }));
    for (const flag of [byHand, byAnother]) {
      const before = await flags.read({ flag });
      for (const attempt of [
        flags.startExperiment(experiment(flag)),
        flags.setExposure({ flag, owner, exposure: 1, weights: { b: 1 } }),
        flags.promote({ flag, owner, arm: 'b' }),
        flags.switchOff({ flag, owner }),
      ]) {
        await expect(attempt).rejects.toMatchObject({ trouble: 'foreign-flag', retryable: false, code: 'VOL-506' });
      }
      expect(await flags.read({ flag })).toEqual(before);
    }
  });

  test('a name that lies in the archive is not taken', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    await server.admin('DELETE', `projects/default/features/${flag}`);
    await expect(flags.startExperiment(experiment(flag))).rejects.toMatchObject({ trouble: 'foreign-flag' });
    await expect(flags.promote({ flag, owner, arm: 'b' })).rejects.toMatchObject({ trouble: 'not-started' });
    expect(await flags.switchOff({ flag, owner })).toMatchObject({ exists: false, enabled: false });
  });

  test('what a person has switched off is not promoted', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    await server.admin('POST', `projects/default/features/${flag}/environments/development/off`);
    expect(await flags.setExposure({ flag, owner, exposure: 1, weights: { control: 1, b: 1 } })).toMatchObject({
      enabled: false,
    });
    await expect(flags.promote({ flag, owner, arm: 'b' })).rejects.toMatchObject({
      trouble: 'switched-off',
      retryable: false,
    });
    expect(await flags.read({ flag })).toMatchObject({ enabled: false, weights: { control: 0.5, b: 0.5 } });
  });

  test.each([
    ['a token that it does not know', { token: '*:*.a-wrong-token' }, 'token-refused'],
    ['a token for pages', { token: server.pageToken }, 'token-refused'],
    ['a project that is not there', { project: 'nowhere' }, 'no-project'],
    ['an environment that is not there', { environment: 'nowhere' }, 'no-environment'],
  ] as const)('%s: is told apart, and asking again is no use', async (_what, changes, trouble) => {
    const wrong = open(changes);
    const flag = newFlag();
    const expected = { trouble, retryable: false, message: expect.not.stringContaining('token-of-the-test') as string };
    await expect(wrong.startExperiment(experiment(flag))).rejects.toMatchObject(expected);
    await expect(wrong.switchOff({ flag, owner })).rejects.toMatchObject(expected);
    await expect(wrong.check()).rejects.toMatchObject(expected);
  });

  test('`volante doctor` says whether it can be used, and without its token', async () => {
    const home = temporaryFolder('flags');
    try {
      const text = `platforms:
  mail: { smtp: { url: env://SMTP_URL } }
  flags: { unleash: { url: env://UNLEASH_URL, token: secret://UNLEASH_TOKEN } }
`;
      writeFileSync(join(home.path, 'volante.yaml'), withKeys(validWorkspace, text));
      const env = {
        PATH: process.env.PATH,
        VOLANTE_WORKSPACE: home.path,
        VOLANTE_CACHE_DIR: home.path,
        UNLEASH_URL: server.url,
      };
      const finding = async (token: string | undefined): Promise<unknown> => {
        const found = await examine({ ...env, VOLANTE_SECRET_UNLEASH_TOKEN: token });
        expect(JSON.stringify(found)).not.toContain('of-the-test');
        return found.find(({ name }) => name === 'flags (flags)');
      };
      expect(await finding(server.adminToken)).toEqual({
        name: 'flags (flags)',
        ok: true,
        detail: `Unleash ${unleashVersion}, project default, environment development`,
      });
      expect(await finding('*:*.another-of-the-test')).toMatchObject({
        ok: false,
        detail: expect.stringContaining('refuses our token') as string,
        fix: expect.stringContaining('token') as string,
      });
      expect(await finding(undefined)).toMatchObject({
        ok: false,
        detail: expect.stringContaining('UNLEASH_TOKEN is set neither') as string,
      });
    } finally {
      home.remove();
    }
  });

  test('while the server is away asking again may help; when it is back, it does', async () => {
    const flag = newFlag();
    await flags.startExperiment(experiment(flag));
    await server.stop();
    const away = { trouble: 'unreachable', retryable: true, code: 'VOL-502' };
    await expect(flags.promote({ flag, owner, arm: 'b' })).rejects.toMatchObject(away);
    await expect(flags.check()).rejects.toMatchObject(away);
    await server.start();
    expect(await flags.promote({ flag, owner, arm: 'b' })).toMatchObject({
      exposure: 1,
      weights: { control: 0, b: 1 },
    });
  }, 90_000);
});

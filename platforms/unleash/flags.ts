/** Experiments as flags of Unleash: one flag, one strategy, its variants; marked as ours, set as a whole, read back. */
import type { UnleashPlatform } from '../../definition/workspace-types';
import type { FlagPlatform, FlagState, OwnedFlag } from '../flags';
import { AdminApi } from './admin-api';
import { type Feature, FlagApi, ownerTag } from './flag-api';
import { parseBaseAddress } from './server-address';
import { does, type Rollout, readRollout, rolloutOf } from './strategy';

interface Log {
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface UnleashFlagsOptions {
  /** Key under `platforms` in volante.yaml. */
  platform: string;
  /** With secrets resolved. */
  config: UnleashPlatform;
  logger?: Log;
  /** Milliseconds for one request, and for all requests of one call. */
  timeouts?: { request: number; call: number };
}

/** Names that stay themselves in a path; Unleash takes no others. */
const plainName = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,100}$/;

/** Each round that changes something looks again; more than a few mean that somebody else works against us. */
const maxRounds = 6;

const hourMs = 3600_000;

/** Opens nothing yet. Throws `VolanteError` VOL-102 where the address is not usable. */
export function createUnleashFlags({ platform, config, logger, timeouts }: UnleashFlagsOptions): FlagPlatform {
  const { request, call } = timeouts ?? { request: 10_000, call: 30_000 };
  const base = parseBaseAddress(config.url, platform);
  const api = new AdminApi({ platform, base, token: config.token, timeoutMs: request });
  return new UnleashFlags({ platform, config, api, deadlineMs: call, logger });
}

class UnleashFlags implements FlagPlatform {
  readonly platform: string;
  readonly deadlineMs: number;
  readonly #config: UnleashPlatform;
  readonly #api: AdminApi;
  readonly #logger: Log | undefined;

  constructor(given: {
    platform: string;
    config: UnleashPlatform;
    api: AdminApi;
    deadlineMs: number;
    logger: Log | undefined;
  }) {
    this.platform = given.platform;
    this.deadlineMs = given.deadlineMs;
    this.#config = given.config;
    this.#api = given.api;
    this.#logger = given.logger;
  }

  async startExperiment(
    request: OwnedFlag & {
      description: string;
      salt: string;
      arms: { name: string; share: number }[];
      exposure: number;
    },
  ): Promise<FlagState> {
    const flags = this.#begin(request.flag);
    const weights = Object.fromEntries(request.arms.map(({ name, share }) => [name, share]));
    const rollout = this.#rollout({ salt: request.salt, exposure: request.exposure, weights });
    if ((await flags.feature(request.flag)) === undefined) {
      await flags.create({ ...request, tag: ownerTag(request.owner) });
    }
    await this.#ours(flags, request);
    await this.#set(flags, request.flag, rollout);
    await flags.switch(request.flag, 'on');
    return this.#state(flags, request.flag);
  }

  async setExposure(request: OwnedFlag & { exposure: number; weights: Record<string, number> }): Promise<FlagState> {
    const flags = this.#begin(request.flag);
    const { groupId, arms } = await this.#running(flags, request);
    this.#mustKnow(arms, request.flag, Object.keys(request.weights));
    const weights = Object.fromEntries(arms.map(({ name }) => [name, request.weights[name] ?? 0]));
    await this.#set(flags, request.flag, this.#rollout({ salt: groupId, exposure: request.exposure, weights }));
    return this.#state(flags, request.flag);
  }

  async promote(request: OwnedFlag & { arm: string }): Promise<FlagState> {
    const flags = this.#begin(request.flag);
    const { groupId, arms, enabled } = await this.#running(flags, request);
    if (!enabled) throw this.#api.trouble('switched-off', `has flag ${request.flag} switched off`);
    this.#mustKnow(arms, request.flag, [request.arm]);
    const weights = Object.fromEntries(arms.map(({ name }) => [name, name === request.arm ? 1 : 0]));
    await this.#set(flags, request.flag, this.#rollout({ salt: groupId, exposure: 1, weights }));
    return this.#state(flags, request.flag);
  }

  async switchOff(request: OwnedFlag): Promise<FlagState> {
    const flags = this.#begin(request.flag);
    if ((await flags.feature(request.flag)) === undefined) return absent;
    await this.#ours(flags, request);
    await flags.switch(request.flag, 'off');
    return this.#state(flags, request.flag);
  }

  async read({ flag }: { flag: string }): Promise<FlagState> {
    return this.#state(this.#begin(flag), flag);
  }

  async countEvaluations({ flag, since }: { flag: string; since: Date }): Promise<Record<string, number>> {
    const from = Math.floor(since.getTime() / hourMs) * hourMs;
    const counts: Record<string, number> = {};
    for (const { hour, variants } of await this.#begin(flag).evaluations(flag))
      for (const [variant, count] of Object.entries(variants))
        if (hour.getTime() >= from) counts[variant] = (counts[variant] ?? 0) + count;
    return counts;
  }

  async check(): Promise<{ server: string }> {
    const flags = this.#calls();
    const version = await flags.version();
    await flags.project();
    return { server: `Unleash ${version}` };
  }

  #begin(flag: string): FlagApi {
    if (!plainName.test(flag)) {
      throw this.#api.trouble('refused', 'takes names of flags of at most 100 letters, digits and . _ ~ -');
    }
    return this.#calls();
  }

  #calls(): FlagApi {
    const { project, environment } = this.#config;
    return new FlagApi({ api: this.#api, project, environment, signal: AbortSignal.timeout(this.deadlineMs) });
  }

  async #ours(flags: FlagApi, { flag, owner }: OwnedFlag): Promise<Feature> {
    const feature = await flags.feature(flag);
    if (!feature) throw this.#api.trouble('foreign-flag', `has flag ${flag} in another project or in its archive`);
    if (await flags.hasTag(flag, ownerTag(owner))) return feature;
    throw this.#api.trouble('foreign-flag', `has a flag ${flag} already, which this run did not make`);
  }

  async #running(flags: FlagApi, owned: OwnedFlag): Promise<Rollout & { enabled: boolean }> {
    const notStarted = () => this.#api.trouble('not-started', `has no experiment at flag ${owned.flag}`);
    if ((await flags.feature(owned.flag)) === undefined) throw notStarted();
    const { enabled, strategies } = await this.#ours(flags, owned);
    const strategy = strategies[0];
    if (!strategy) throw notStarted();
    return { ...readRollout(strategy), enabled };
  }

  /**
   * Until one strategy is left, which does what is asked for. Several that start at once each may add one; all of them keep the
   * same and remove the others. What people have added by hand goes too: it would let visitors past the experiment.
   */
  async #set(flags: FlagApi, flag: string, rollout: Rollout): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const [kept, ...others] = (await flags.feature(flag))?.strategies ?? [];
      if (kept && others.length === 0 && does(kept, rollout)) return;
      if (!kept) await flags.addStrategy(flag, rollout);
      else if (!does(kept, rollout)) await flags.changeStrategy(flag, kept.id, rollout);
      for (const { id } of others) await flags.removeStrategy(flag, id);
      if (others.length > 0) {
        this.#logger?.warn(
          { platform: this.platform, flag, removed: others.length },
          'other strategies of a flag removed',
        );
      }
    }
    throw this.#api.trouble('busy', `does not keep what is set at flag ${flag}: somebody else is changing it`);
  }

  async #state(flags: FlagApi, flag: string): Promise<FlagState> {
    const feature = await flags.feature(flag);
    if (!feature) return absent;
    const strategy = feature.strategies[0];
    if (!strategy) return { exists: true, enabled: feature.enabled, exposure: 0, weights: {} };
    const { percent, arms } = readRollout(strategy);
    const weights = Object.fromEntries(arms.map(({ name, weight }) => [name, weight / 1000]));
    return { exists: true, enabled: feature.enabled, exposure: percent / 100, weights };
  }

  #rollout(options: { salt: string; exposure: number; weights: Record<string, number> }): Rollout {
    try {
      return rolloutOf(options);
    } catch (error) {
      if (error instanceof RangeError) throw this.#api.trouble('refused', `cannot keep it: ${error.message}`);
      throw error;
    }
  }

  #mustKnow(arms: Rollout['arms'], flag: string, names: string[]): void {
    const unknown = names.filter((name) => !arms.some((arm) => arm.name === name));
    if (unknown.length > 0) throw this.#api.trouble('refused', `has no arm ${unknown.join(', ')} at flag ${flag}`);
  }
}

const absent: FlagState = { exists: false, enabled: false, exposure: 0, weights: {} };

/** Flags of one project in one environment, call by call. What is not there is `undefined`, what is there already is no error. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AdminApi, ApiAnswer, ApiRequest } from './admin-api';
import { keptFirst, type Rollout, type Strategy, strategyBody, strategySchema } from './strategy';

const featureSchema = z.object({
  environments: z.array(
    z.object({ name: z.string(), enabled: z.boolean(), strategies: z.array(strategySchema).nullish() }),
  ),
});
const tagsSchema = z.object({ tags: z.array(z.object({ type: z.string(), value: z.string() })) });
const environmentsSchema = z.object({
  environments: z.array(z.object({ name: z.string(), visible: z.boolean().optional() })),
});
const evaluationsSchema = z.object({
  data: z.array(
    z.object({
      environment: z.string(),
      timestamp: z.iso.datetime({ offset: true }),
      variants: z.record(z.string(), z.number().int().min(0)).nullish(),
    }),
  ),
});
const configSchema = z.object({ version: z.string() });

/** A flag in our environment. */
export interface Feature {
  enabled: boolean;
  /** The one that is kept comes first. */
  strategies: Strategy[];
}

/** Every flag that we make carries it: who may change it. Unleash takes at most 50 characters. */
export function ownerTag(owner: string): { type: string; value: string } {
  return { type: 'simple', value: `volante:${createHash('sha256').update(owner).digest('hex').slice(0, 40)}` };
}

export class FlagApi {
  readonly #api: AdminApi;
  readonly #project: string;
  readonly #environment: string;
  readonly #signal: AbortSignal;

  /** Good for one operation: all its calls end with `signal`. */
  constructor(options: { api: AdminApi; project: string; environment: string; signal: AbortSignal }) {
    this.#api = options.api;
    this.#project = options.project;
    this.#environment = options.environment;
    this.#signal = options.signal;
  }

  /** @throws FlagPlatformError no-environment, no-project */
  async feature(flag: string): Promise<Feature | undefined> {
    const answer = await this.#ask('GET', this.#featurePath(flag));
    if (answer.status === 'absent') {
      await this.project();
      return undefined;
    }
    const { environments } = this.#api.read(featureSchema, this.#body(answer));
    const ours = environments.find(({ name }) => name === this.#environment);
    if (!ours) throw this.#api.trouble('no-environment', `has no environment ${this.#environment} for flag ${flag}`);
    return { enabled: ours.enabled, strategies: keptFirst(ours.strategies ?? []) };
  }

  async hasTag(flag: string, tag: { type: string; value: string }): Promise<boolean> {
    const answer = await this.#ask('GET', ['features', flag, 'tags']);
    if (answer.status === 'absent') return false;
    const { tags } = this.#api.read(tagsSchema, this.#body(answer));
    return tags.some(({ type, value }) => type === tag.type && value === tag.value);
  }

  /** With its tag in one step, so that a flag of ours is never without; nothing happens where the name is taken. */
  async create(options: { flag: string; description: string; tag: { type: string; value: string } }): Promise<void> {
    const { flag, description, tag } = options;
    const tagged = await this.#ask('POST', ['tags'], tag);
    if (tagged.status !== 'exists') this.#body(tagged);
    const created = await this.#ask('POST', ['projects', this.#project, 'features'], {
      name: flag,
      type: 'experiment',
      description,
      impressionData: true,
      tags: [tag],
    });
    if (created.status === 'absent') throw this.#noProject();
    if (created.status !== 'exists') this.#body(created);
  }

  async addStrategy(flag: string, rollout: Rollout): Promise<void> {
    this.#body(await this.#ask('POST', this.#strategiesPath(flag), strategyBody(rollout)));
  }

  async changeStrategy(flag: string, id: string, rollout: Rollout): Promise<void> {
    const answer = await this.#ask('PUT', [...this.#strategiesPath(flag), id], strategyBody(rollout));
    if (answer.status !== 'absent') this.#body(answer);
  }

  async removeStrategy(flag: string, id: string): Promise<void> {
    const answer = await this.#ask('DELETE', [...this.#strategiesPath(flag), id]);
    if (answer.status !== 'absent') this.#body(answer);
  }

  async switch(flag: string, to: 'on' | 'off'): Promise<void> {
    this.#body(await this.#ask('POST', [...this.#environmentPath(flag), to]));
  }

  /** @throws FlagPlatformError no-project, no-environment */
  async project(): Promise<void> {
    const overview = await this.#ask('GET', ['projects', this.#project, 'overview']);
    if (overview.status === 'absent') throw this.#noProject();
    this.#body(overview);
    const answer = await this.#ask('GET', ['environments', 'project', this.#project]);
    const { environments } = this.#api.read(environmentsSchema, this.#body(answer));
    const known = environments.some(({ name, visible }) => name === this.#environment && visible !== false);
    if (!known)
      throw this.#api.trouble('no-environment', `has no environment ${this.#environment} in ${this.#project}`);
  }

  /** Evaluations by hour in our environment, as clients have reported them. Unleash tells no more than the last 48 hours. */
  async evaluations(flag: string): Promise<{ hour: Date; variants: Record<string, number> }[]> {
    const answer = await this.#api.ask({
      method: 'GET',
      path: ['client-metrics', 'features', flag, 'raw'],
      query: { hoursBack: '48' },
      signal: this.#signal,
    });
    const { data } = this.#api.read(evaluationsSchema, this.#body(answer));
    return data
      .filter(({ environment }) => environment === this.#environment)
      .map(({ timestamp, variants }) => ({ hour: new Date(timestamp), variants: variants ?? {} }));
  }

  /** Version of the server. */
  async version(): Promise<string> {
    return this.#api.read(configSchema, this.#body(await this.#ask('GET', ['ui-config']))).version;
  }

  #ask(method: ApiRequest['method'], path: string[], body?: Record<string, unknown>): Promise<ApiAnswer> {
    return this.#api.ask({ method, path, body, signal: this.#signal });
  }

  #body(answer: ApiAnswer): unknown {
    if (answer.status === 'ok') return answer.body;
    throw this.#api.trouble('refused', `refuses: ${answer.words}`);
  }

  #noProject(): Error {
    return this.#api.trouble('no-project', `has no project ${this.#project}`);
  }

  #featurePath(flag: string): string[] {
    return ['projects', this.#project, 'features', flag];
  }

  #environmentPath(flag: string): string[] {
    return [...this.#featurePath(flag), 'environments', this.#environment];
  }

  #strategiesPath(flag: string): string[] {
    return [...this.#environmentPath(flag), 'strategies'];
  }
}

/** `volante.yaml`, resolved: the workspace that all campaigns of a repository share. Types only. */

import type { Milliseconds, Money, PersonId, ResolvedSender } from './resolved';
import type { MetricEvent } from './resolved-measuring';

export interface Person {
  id: PersonId;
  name: string;
  email: string;
  roles: string[];
  locale: 'en' | 'es';
  timezone: string;
}

/** No contact gets more than `limit` messages of any campaigns within any window of `per`. */
export interface FrequencyCap {
  limit: number;
  per: Milliseconds;
}

export interface SmtpPlatform {
  kind: 'smtp';
  /** `smtp://user:pass@host:port`, or a reference: `env://NAME` (an environment variable) or `secret://NAME`. */
  url: string;
  /** Messages a second over all workers and campaigns; absent: no limit. */
  ratePerSecond?: number;
  /** Messages that may go at once after a quiet spell. */
  burst?: number;
  /** Connections each worker process keeps. */
  connections: number;
  costPerMessage?: Money;
  dkim?: { domain: string; selector: string; privateKey: string };
}

/** A flag server: web experiments run on its flags. */
export interface UnleashPlatform {
  kind: 'unleash';
  /** Base address, or a reference. */
  url: string;
  /** Reference to an admin token. */
  token: string;
  project: string;
  environment: string;
}

/** What all campaigns together may promise or spend within any window of `per`. */
export interface MoneyCap {
  per: Milliseconds;
  amount: Money;
}

/** A shop platform that takes codes at its own checkout. Keys are references. */
export type PromotionPlatformConfig =
  | { kind: 'stripe'; url: string; key: string }
  | { kind: 'shopify'; url: string; token: string }
  | { kind: 'medusa'; url: string; token: string };

/** What may be read from the data of an event; each is a path such as `customer.email`. */
export type EventField = 'email' | 'contactId' | 'externalId' | 'amount' | 'currency';

/** A system that posts events to the gateway. */
export interface EventSource {
  kind: 'events';
  /** Reference; the value may hold several secrets, separated by white space, while one takes the place of another. */
  secret: string;
  /** Its own types of events that metrics count, and as what. */
  kinds?: Record<string, MetricEvent>;
  /** It may ask for the use of promotion codes. */
  redeem?: boolean;
  /** Where the data of its typed events say whom they are about and how much; the field's own name where absent. */
  fields?: Partial<Record<EventField, string>>;
}

/** Where events or measurements come from. Secrets and addresses with them are references. */
export type Source = EventSource | { kind: 'sql'; url: string } | { kind: 'http'; url: string; secret?: string };

/** A repository whose campaigns launch by commit. Secrets are references. */
export interface Repository {
  id: string;
  /** Address for git, or a reference. */
  url: string;
  branch: string;
  /** Folder that holds the campaigns. */
  path: string;
  every: Milliseconds;
  /** Only in this environment; absent: in every one. */
  environment?: string;
  /** Who applies what a stranger commits. */
  actor: PersonId;
  credentials?: { username?: string; password?: string; sshKey?: string; knownHosts?: string };
  /** Lines of an SSH allowed-signers file. */
  signatures?: { of: 'commit' | 'tag'; allowedSigners: string[] };
  webhook?: { secret: string };
  /** Where commit statuses are shown; the token is a reference. */
  forge?: { kind: 'github' | 'gitea' | 'gitlab'; url: string; repository: string; token: string };
  onRemoval: 'keep' | 'ask';
}

export interface Workspace {
  environment: string;
  people: Record<PersonId, Person>;
  senders: Record<string, ResolvedSender>;
  platforms: Record<string, SmtpPlatform>;
  flagPlatforms: Record<string, UnleashPlatform>;
  promotionPlatforms?: Record<string, PromotionPlatformConfig>;
  sources: Record<string, Source>;
  repositories?: Record<string, Repository>;
  frequencyCaps: FrequencyCap[];
  moneyCaps?: MoneyCap[];
  /** The sender and platform of mails to the team (gates, notify). */
  team: { sender: string; platform: string };
  defaults: { sender: string; platform: string; locale: string; timezone: string };
}

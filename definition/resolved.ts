/**
 * A campaign after loading, checking and resolving: defaults applied, units converted, references replaced by what they
 * refer to. Plain JSON. This is what the revision hashes, what the plan is computed from and what a run interprets.
 *
 * Types only: workflow code imports this file, so nothing here may need a library at run time.
 */

import type { JourneyWait, ResolvedTrigger } from './resolved-journey';
import type { LoyaltyStep, ProgramTerms } from './resolved-loyalty';
import type {
  CheckpointAction,
  EmailArm,
  FlagArm,
  ResolvedBudget,
  ResolvedCheckpoint,
  ResolvedExperiment,
  ResolvedMetric,
  ResolvedObjective,
  RolloutEntry,
} from './resolved-measuring';
import type { PromotionStep } from './resolved-promotion';

/** ISO 8601 instant in UTC, such as `2027-04-01T07:00:00.000Z`. */
export type Instant = string;
/** Key of a person under `people` in `volante.yaml`; never an address. */
export type PersonId = string;
/** sha256 in lower-case hex (64 characters). */
export type Sha256 = string;
/** Integer number of milliseconds. */
export type Milliseconds = number;

/** Money in integer millionths of one ISO 4217 currency unit: 0.0009 EUR is 900 micros. Exact up to nine thousand million units. */
export interface Money {
  currency: string;
  micros: number;
}

/** Local times of day, `HH:MM`; `from` later than `to` spans midnight. Half-open: `from` is quiet, `to` is not. */
export interface QuietHours {
  from: string;
  to: string;
}

/** A file beside the campaign, by its path relative to the campaign's folder, and the hash of its bytes. */
export interface FileReference {
  path: string;
  sha256: Sha256;
}

export type OnLate = 'send' | 'skip' | 'ask';
export type OnFailure = 'abort' | 'hold' | 'continue';
export type OnExpiry = 'reject' | 'hold' | 'escalate';

export interface ResolvedAudience {
  /** `contacts`: the whole contact book. A file reference: a CSV with an `email` column. */
  from: 'contacts' | { csv: FileReference };
  /** CEL over `contact`; absent means everybody. */
  where?: string;
  /** Share in [0, 1) that gets nothing, for honest lift. */
  holdout: number;
}

export interface ResolvedSchedule {
  start?: Instant;
  end?: Instant;
  /** IANA zone in which the file's local times were read. */
  timezone: string;
  quietHours?: QuietHours;
  /** A delivery step that becomes ready later than this after its planned moment obeys `onLate`. */
  maxLateness: Milliseconds;
  /** Cron expressions (five fields) in `timezone`; empty: one run. */
  cron: string[];
  /** How long after a missed firing a run may still start. */
  catchupWindow: Milliseconds;
}

/** Who a message comes from: an entry of `senders` in `volante.yaml`, resolved. */
export interface ResolvedSender {
  id: string;
  name: string;
  address: string;
  replyTo?: string;
  /** Postal address shown in every message (CAN-SPAM; LSSI 20). */
  postalAddress: string;
  /** `List-Id` (RFC 2919), such as `offers.shop.example`. */
  listId?: string;
}

export interface EmailStep {
  kind: 'email';
  /** How the audience is released; absent: all at once. */
  rollout?: RolloutEntry[];
  email: {
    sender: ResolvedSender;
    /** Key under `platforms` in `volante.yaml`. */
    platform: string;
    template: FileReference & { format: 'mjml' | 'html' };
    /** Own text part; absent: derived from the HTML. */
    text?: FileReference;
    /** Liquid. */
    subject: string;
    /** Liquid; hidden preview line. */
    preheader?: string;
    /** The loyalty program whose points the message shows. */
    loyalty?: string;
    /** Variants; absent: one message for all. */
    arms?: EmailArm[];
    experiment?: ResolvedExperiment;
  };
}

/** An A/B test on web pages, by a flag with variants. */
export interface ExperimentStep {
  kind: 'experiment';
  rollout: RolloutEntry[];
  experiment: ResolvedExperiment & {
    /** Key under `platforms` in `volante.yaml`, of a flag platform. */
    platform: string;
    flag: string;
    arms: FlagArm[];
    /** What becomes of the flag without a winner. */
    after: 'keep' | 'switch-off';
  };
}

/** Looks at a forecast and acts. */
export interface CheckpointStep {
  kind: 'checkpoint';
  checkpoint: {
    after: ResolvedCheckpoint['after'];
    when: { forecast: string; below?: number; above?: number };
    then: CheckpointAction;
    error: CheckpointAction;
    hold: ResolvedCheckpoint['hold'];
  };
}

export interface GateStep {
  kind: 'gate';
  gate: {
    /** Roles of `volante.yaml`, any of which may decide. */
    approvers: string[];
    /** Distinct approvals needed. */
    quorum: number;
    expires: Milliseconds;
    onExpiry: OnExpiry;
    /** Roles asked when `onExpiry: escalate`; the gate then stays open for `expires` once more and expires as `reject`. */
    escalateTo: string[];
    /** May the person who applied the plan, or the file's last committer, decide? */
    allowAuthor: boolean;
    /** Shares of `expires` after which those who have not decided are reminded. */
    remindAt: number[];
    /** What the approvers are asked, shown on the page and in the mail. */
    question?: string;
  };
}

export interface WaitStep {
  kind: 'wait';
  wait: { for: Milliseconds } | { until: Instant } | JourneyWait;
}

export interface NotifyStep {
  kind: 'notify';
  /** A mail to the team (roles or people of `volante.yaml`); plain text, Liquid over `run` and `steps`. */
  notify: { to: string[]; subject: string; message: string };
}

export interface StepCommon {
  id: string;
  /** Ids of the steps that must be finished before this one; empty: may begin at once. */
  needs: string[];
  /** CEL over `run` and `steps`; false: the step is skipped. */
  if?: string;
  validUntil?: Instant;
  onLate: OnLate;
  onFailure: OnFailure;
}

export type StepKind = 'email' | 'experiment' | 'promotion' | 'gate' | 'checkpoint' | 'loyalty' | 'wait' | 'notify';
export type ResolvedStep = StepCommon &
  (EmailStep | ExperimentStep | PromotionStep | GateStep | CheckpointStep | LoyaltyStep | WaitStep | NotifyStep);
export type ResolvedStepOf<K extends StepKind> = Extract<ResolvedStep, { kind: K }>;

export interface ResolvedCampaign {
  version: 1;
  id: string;
  name: string;
  owner: PersonId;
  story?: { as: string; want: string; so: string };
  /** Language of the people this campaign speaks to, BCP 47; fallback when a contact has none. */
  locale: string;
  /** A standing loyalty program; such a campaign has no audience to freeze. */
  program?: ProgramTerms;
  /** Each event starts a journey for one contact; such a campaign has no audience to freeze. */
  trigger?: ResolvedTrigger;
  /** Among triggered campaigns of one group the highest wins. */
  priority?: number;
  /** Exclusion group: a contact is in a journey of one campaign of the group at a time. */
  exclusive?: string;
  audience: ResolvedAudience;
  schedule: ResolvedSchedule;
  objectives?: ResolvedObjective[];
  budget?: ResolvedBudget;
  metrics?: ResolvedMetric[];
  tracking?: { clicks: boolean; opens: boolean };
  steps: ResolvedStep[];
}

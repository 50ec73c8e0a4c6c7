/**
 * What a platform that decides which variant of a page a visitor gets must be able to do. Every call sets a state and reads
 * it back, so that a call whose answer was lost is simply made again.
 */
import type { FlagArm } from '../definition/resolved-measuring';

/** A flag, and the step of a run that it belongs to. */
export interface OwnedFlag {
  flag: string;
  /** Names the step of the run, such as `campaign/<id>/<run key>/<step>`; a flag obeys no other than who made it. */
  owner: string;
}

/** A flag as its server has it. */
export interface FlagState {
  exists: boolean;
  /** Whether visitors get it at all. */
  enabled: boolean;
  /** Share of the visitors in [0, 1] who are in the experiment while it is enabled; the others get no variant. */
  exposure: number;
  /** Share of those in the experiment, by arm; they add up to 1, or there are none. */
  weights: Record<string, number>;
}

/**
 * All methods are idempotent and end within `FlagPlatform.deadlineMs`. They throw `FlagPlatformError`, which says whether trying
 * again may help.
 */
export interface FlagPlatform {
  /** Key under `platforms` in volante.yaml. */
  readonly platform: string;
  /** Milliseconds after which every call has ended, one way or the other. */
  readonly deadlineMs: number;
  /**
   * Makes the flag unless this owner has made it, sets who gets what, and enables it. A visitor stays in the same arm for ever
   * while the weights stay; the same salt and weights give the same visitors the same arms.
   */
  startExperiment(
    request: OwnedFlag & { description: string; salt: string; arms: FlagArm[]; exposure: number },
  ): Promise<FlagState>;
  /**
   * Changes how many visitors are in the experiment, and how they divide. More exposure with the same weights moves nobody.
   * Arms without a weight get nobody. Enables nothing.
   */
  setExposure(request: OwnedFlag & { exposure: number; weights: Record<string, number> }): Promise<FlagState>;
  /** Gives one arm to every visitor. Refused where somebody has switched the flag off. */
  promote(request: OwnedFlag & { arm: string }): Promise<FlagState>;
  /** No visitor gets a variant. A flag that was never made is off. */
  switchOff(request: OwnedFlag): Promise<FlagState>;
  read(request: { flag: string }): Promise<FlagState>;
  /**
   * How often pages were given each variant of a flag, as their clients have reported: evaluations, not visitors. By whole hours,
   * from the hour of `since` on, and from no more than the last 48 hours. No entries: nobody has reported any.
   */
  countEvaluations(request: { flag: string; since: Date }): Promise<Record<string, number>>;
  /** Whether the server answers, takes our token, and has project and environment. Changes nothing. */
  check(): Promise<{ server: string }>;
}

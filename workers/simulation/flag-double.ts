/** Stands in for every flag platform: flags as their server would have them, and when they changed. */
import { FlagPlatformError } from '../../platforms/flag-platform-error';
import type { FlagPlatform, FlagState } from '../../platforms/flags';
import type { FlagChange } from '../../simulation/result';
import { activityClock } from './mail-double';

interface KnownFlag {
  owner: string;
  salt: string;
  state: FlagState;
  /** One arm is for everybody: nobody is in an experiment any more. */
  settled: boolean;
}

const absent: FlagState = { exists: false, enabled: false, exposure: 0, weights: {} };

export class FlagDouble implements FlagPlatform {
  readonly deadlineMs = 1_000;
  readonly changes: FlagChange[] = [];
  private readonly flags = new Map<string, KnownFlag>();

  constructor(readonly platform: string) {}

  /** The flag, while visitors are divided by it. */
  running(flag: string): { salt: string; exposure: number; weights: Record<string, number> } | undefined {
    const known = this.flags.get(flag);
    if (!known?.state.enabled || known.settled || known.state.exposure === 0) return undefined;
    return { salt: known.salt, exposure: known.state.exposure, weights: known.state.weights };
  }

  async startExperiment(request: Parameters<FlagPlatform['startExperiment']>[0]): Promise<FlagState> {
    const { flag, owner, salt, arms, exposure } = request;
    const weights = Object.fromEntries(arms.map(({ name, share }) => [name, share]));
    return this.set(flag, { owner, salt, settled: false, state: { exists: true, enabled: true, exposure, weights } });
  }

  async setExposure({ flag, exposure, weights }: Parameters<FlagPlatform['setExposure']>[0]): Promise<FlagState> {
    const known = this.known(flag);
    return this.set(flag, { ...known, state: { ...known.state, exposure, weights } });
  }

  async promote({ flag, arm }: Parameters<FlagPlatform['promote']>[0]): Promise<FlagState> {
    const known = this.known(flag);
    return this.set(flag, { ...known, settled: true, state: { ...known.state, exposure: 1, weights: { [arm]: 1 } } });
  }

  async switchOff({ flag }: Parameters<FlagPlatform['switchOff']>[0]): Promise<FlagState> {
    const known = this.flags.get(flag);
    if (!known) return absent;
    return this.set(flag, { ...known, state: { ...known.state, enabled: false } });
  }

  async read({ flag }: { flag: string }): Promise<FlagState> {
    return this.flags.get(flag)?.state ?? absent;
  }

  async countEvaluations({ flag }: { flag: string }): Promise<Record<string, number>> {
    throw new FlagPlatformError('refused', { message: `a simulation counts no evaluations of ${flag}` });
  }

  async check(): Promise<{ server: string }> {
    return { server: 'simulated' };
  }

  private known(flag: string): KnownFlag {
    const known = this.flags.get(flag);
    if (known) return known;
    throw new FlagPlatformError('not-started', { message: `flag ${flag} was never started` });
  }

  private set(flag: string, known: KnownFlag): FlagState {
    this.flags.set(flag, known);
    const { enabled, exposure, weights } = known.state;
    this.changes.push({ at: new Date(activityClock.getStore() ?? 0).toISOString(), flag, enabled, exposure, weights });
    return known.state;
  }
}

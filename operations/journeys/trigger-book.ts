/** Triggers that stand open, each compiled once per revision and process. */
import { compileJourneyCondition, compileJourneyKey, type JourneyFacts } from '../../definition/journey-condition';
import type { Sha256 } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import type { Database } from '../../ledger/database';
import { readTriggers, type TriggerRow } from '../../ledger/journeys/triggers';
import { readRevision } from '../../ledger/revisions';

type Decided<T> = T | { undecidable: string };

interface CompiledTrigger extends Pick<ResolvedTrigger, 'reentry' | 'cooldown'> {
  /** Where contacts live who do not say. */
  timeZone: string;
  locale: string;
  holds(facts: JourneyFacts): Decided<boolean>;
  keyOf(facts: JourneyFacts): Decided<string>;
}

export interface OpenTrigger extends TriggerRow {
  compiled: CompiledTrigger;
}

const mostKept = 500;
/** The key of journeys where the file names none: one a contact. */
const onlyKey = '-';

export class TriggerBook {
  private readonly kept = new Map<Sha256, Promise<CompiledTrigger>>();

  constructor(private readonly database: Database) {}

  /** @returns triggers that start journeys, all whose journeys may be on their way, and the types those may listen for */
  async read(): Promise<{ open: OpenTrigger[]; all: TriggerRow[]; listens: ReadonlySet<string> }> {
    const rows = await readTriggers(this.database);
    const open = await Promise.all(
      rows
        .filter(({ state }) => state === 'open')
        .map(async (row) => ({ ...row, compiled: await this.compiled(row.revision) })),
    );
    return { open, all: rows, listens: new Set(rows.flatMap(({ listens }) => listens)) };
  }

  private compiled(revision: Sha256): Promise<CompiledTrigger> {
    const found = this.kept.get(revision) ?? this.compile(revision);
    if (this.kept.size >= mostKept) this.kept.clear();
    this.kept.set(revision, found);
    found.catch(() => this.kept.delete(revision));
    return found;
  }

  private async compile(revision: Sha256): Promise<CompiledTrigger> {
    const stored = await readRevision(this.database, revision);
    if (!stored?.campaign.trigger) throw new Error(`revision ${revision.slice(0, 12)} has no trigger`);
    const { trigger, schedule, locale } = stored.campaign;
    const { reentry, cooldown, where, key } = trigger;
    return {
      reentry,
      cooldown,
      timeZone: schedule.timezone,
      locale,
      holds: compileJourneyCondition(where, 'trigger'),
      keyOf: key === undefined ? () => onlyKey : compileJourneyKey(key),
    };
  }
}

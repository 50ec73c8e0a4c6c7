/** Members of a simulated program: they take rewards now and then, and what the shop owes them is looked at as time goes by. */
import type { Instant } from '../../definition/resolved';
import { type Database, one } from '../../ledger/database';
import { liabilityOf } from '../../ledger/loyalty/card';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { spendPoints } from '../../ledger/loyalty/spend';
import type { ProgramOutcome } from '../../simulation/result';
import type { Scenario } from '../../simulation/scenario/schema';
import { chance } from '../../simulation/world/chance';
import { firstPersonOf } from './contacts';

interface MembersWorld {
  database: Database;
  programId: string;
  scenario: Pick<Scenario, 'days' | 'rewards'>;
  seed: number;
}

const day = 86_400_000;
/** So many looks at what is owed, or one a day. */
const mostLooks = 24;

export class Members {
  private readonly course: ProgramOutcome['course'] = [];
  private readonly taken = new Map<string, number>();
  private until = 0;

  constructor(private readonly world: MembersWorld) {}

  /** Everything until the end of a day of the program, after its events. Told twice, it happens once. */
  async endOfDay(number: number, now: Instant): Promise<void> {
    if (number <= this.until) return;
    const { database, programId, scenario } = this.world;
    const program = await findProgram(database, programId);
    if (!program) return;
    const everyDays = Math.max(1, Math.round(scenario.rewards.every / day));
    if (number % everyDays === 0) await this.takeRewards(program, { number, now });
    const apart = Math.max(1, Math.ceil(scenario.days / mostLooks));
    if (number % apart === 0 && number < scenario.days) await this.look(program, number);
    this.until = number;
  }

  /** Undefined where the program was never opened. */
  async outcome(): Promise<ProgramOutcome | undefined> {
    const { database, programId } = this.world;
    const program = await findProgram(database, programId);
    if (!program) return undefined;
    await this.look(program, this.until);
    const owed = await liabilityOf(database, program);
    const { rows: tiers } = await database.query<{ tier: string; members: number }>(
      `select tier, count(*)::int as members from loyalty_balances where program = $1 and tier is not null group by 1`,
      [programId],
    );
    return {
      members: owed.members,
      ...(await this.pointsByKind()),
      spent: owed.spent,
      expired: owed.expired,
      reversed: owed.reversed,
      pending: worthOf(program, owed.pending),
      active: worthOf(program, owed.active),
      rewards: program.terms.rewards.map(({ id, cost }) => ({ id, cost, taken: this.taken.get(id) ?? 0 })),
      tiers: program.terms.tiers.map(({ id }) => ({
        id,
        members: tiers.find(({ tier }) => tier === id)?.members ?? 0,
      })),
      course: this.course,
    };
  }

  /** Each who can afford a reward takes the dearest by chance. */
  private async takeRewards(program: Program, { number, now }: { number: number; now: Instant }): Promise<void> {
    const { database, programId, scenario, seed } = this.world;
    const rewards = [...program.terms.rewards].sort((a, b) => b.cost - a.cost);
    const cheapest = rewards.at(-1);
    if (!cheapest) return;
    const { rows } = await database.query<{ contact: string; active: string }>(
      `select contact_id as contact, active from loyalty_balances where program = $1 and active >= $2 order by contact_id`,
      [programId, cheapest.cost],
    );
    for (const { contact, active } of rows) {
      const person = String(BigInt(contact) - firstPersonOf(seed));
      const reward = rewards.find(({ cost }) => cost <= Number(active));
      if (!reward || chance(seed, 'takes a reward', number, person) >= scenario.rewards.share) continue;
      const answer = await spendPoints(database, {
        program,
        contactId: contact,
        key: `simulation:${number}:${person}`,
        points: BigInt(reward.cost),
        detail: { reward: reward.id },
        now: new Date(now),
      });
      if (answer.done) this.taken.set(reward.id, (this.taken.get(reward.id) ?? 0) + 1);
    }
  }

  private async look(program: Program, number: number): Promise<void> {
    const { pending, active, spent, expired } = await liabilityOf(this.world.database, program);
    const owed = worthOf(program, {
      points: pending.points + active.points,
      micros: pending.micros + active.micros,
    });
    this.course.push({ day: number, pending: pending.points, active: active.points, spent, expired, owed: owed.worth });
  }

  private async pointsByKind(): Promise<Pick<ProgramOutcome, 'earned' | 'matured' | 'warned'>> {
    const { earned, matured, warned } = await one<{ earned: string; matured: string; warned: number }>(
      this.world.database,
      `select coalesce(sum(e.points) filter (where j.kind = 'earn'), 0)::text as earned,
              coalesce(sum(e.points) filter (where e.account = 'active' and j.kind in ('activate', 'earn')), 0)::text as matured,
              (select count(*)::int from inbox where source = 'volante' and type = 'points.expiring') as warned
         from loyalty_journal j join loyalty_entries e on e.journal_no = j.no and e.account in ('pending', 'active')
        where j.program = $1`,
      [this.world.programId],
    );
    return { earned: Number(earned), matured: Number(matured), warned };
  }
}

function worthOf(
  { terms }: Pick<Program, 'terms'>,
  { points, micros }: { points: number; micros: bigint },
): ProgramOutcome['active'] {
  return { points, worth: { currency: terms.currency, micros: Number(micros) } };
}

/**
 * Two runs to the same few people, workers that claim, send, die and come back as ghosts, people who opt out, operators
 * who pause and resolve doubt, and a clock. After each event it looks at every row and says what promise is broken.
 */
import { randomUUID } from 'node:crypto';
import { quietUntil } from '../../definition/quiet-hours';
import type { Books } from '../../definition/run-status';
import { addressHash } from '../../ledger/address-hash';
import { stepBooks } from '../../ledger/books';
import { findContact, recordConsents } from '../../ledger/contacts';
import type { Database } from '../../ledger/database';
import {
  claimDeliveries,
  closeDeliveries,
  markOrphansInDoubt,
  releaseClaims,
  type Settlement,
  settleAndBegin,
} from '../../ledger/deliveries';
import { forgiveDomains, strikeDomain } from '../../ledger/domain-backoffs';
import { resolveDoubt } from '../../ledger/doubts';
import { optOut } from '../../ledger/opt-outs';
import { setDispatch } from '../../ledger/runs';
import { suppress } from '../../ledger/suppressions';
import { planSweep } from '../../ledger/sweeps';
import { freeze, type PersonRow, peopleCsv, registerTestRun } from './ledger-fixture';
import { testSecretKey } from './run-harness';

export const cap = { limit: 1, per: 48 * 3600_000 };
export const peopleCount = 12;
const quietHours = { from: '21:00', to: '08:30' };
const zones = ['Europe/Madrid', 'America/New_York', 'Asia/Kolkata'];
const platform = () => `mail-${randomUUID()}`;

type Dispatch = 'open' | 'paused' | 'closed';

interface Member {
  seq: number;
  contactId: string;
  arm: string;
  zone: string;
  status: string | null;
  claimedAt: Date | null;
}

interface Run {
  no: number;
  dispatch: Dispatch;
  members: Member[];
}

export interface Worker {
  run: Run;
  token: string;
  claimed: number[];
  /** Handed to the platform, not answered yet. */
  sending: number[];
}

export interface Contact {
  id: string;
  address: string;
  suppressed: boolean;
  consents: boolean;
}

const settledStatuses = new Set('sent held_out suppressed unconsented capped late invalid failed cancelled'.split(' '));

/** What an answer that came late, or a person, makes of a doubt. */
const afterDoubt = new Set(['in_doubt', 'sent', 'failed', 'invalid', 'released']);

export class DeliveryWorld {
  now = Date.parse('2026-11-10T12:00:00Z');
  readonly workers: Worker[];
  readonly ghosts: Worker[] = [];
  /** `run:seq` of messages that are, or may be, with a recipient. */
  private readonly handedOver = new Set<string>();
  private readonly platform = platform();

  private constructor(
    private readonly database: Database,
    readonly runs: [Run, Run],
    readonly contacts: Contact[],
  ) {
    this.workers = [runs[0], runs[0], runs[1]].map((run) => ({ run, token: randomUUID(), claimed: [], sending: [] }));
  }

  static async open(database: Database): Promise<DeliveryWorld> {
    const world = randomUUID().slice(0, 8);
    const people: PersonRow[] = Array.from({ length: peopleCount }, (_, n) => ({
      email: `p${n}-${world}@d${n % 3}.example`,
      timeZone: zones[n % 3],
      consent: n === 1 ? '' : 'granted',
    }));
    const csv = peopleCsv(people);
    const runs: Run[] = [];
    for (const holdout of [0.2, 0]) {
      const { run, campaign } = await registerTestRun(database, { audience: { from: 'contacts', holdout } });
      await freeze(database, { runNo: run.no, campaign, csv });
      runs.push({ no: run.no, dispatch: 'open', members: [] });
    }
    const contacts: Contact[] = [];
    for (const { email, consent } of people) {
      const contact = await findContact(database, email);
      contacts.push({ id: contact?.id ?? '', address: email, suppressed: false, consents: consent === 'granted' });
    }
    const opened = new DeliveryWorld(database, runs as [Run, Run], contacts);
    for (const run of opened.runs) run.members = await opened.readMembers(run);
    return opened;
  }

  private step(run: Run) {
    return { runNo: run.no, step: 'offer' };
  }

  private whole = { from: 1, to: peopleCount };

  private get clock(): Date {
    return new Date(this.now);
  }

  async claim(worker: Worker, limit: number, deadline?: Date): Promise<void> {
    const quietZones = zones.flatMap((zone) => {
      const until = quietUntil({ now: this.now, zone, quietHours });
      return until === undefined ? [] : [{ zone, until: new Date(until) }];
    });
    const { claimed, dispatch } = await claimDeliveries(this.database, {
      ...this.step(worker.run),
      range: this.whole,
      after: 0,
      limit,
      claimToken: worker.token,
      now: this.clock,
      deadline,
      platform: this.platform,
      quietZones,
      frequencyCaps: [cap],
    });
    if (worker.run.dispatch !== 'open' && (claimed.length > 0 || dispatch === 'open'))
      throw new Error(`claimed ${claimed.length} while dispatch is ${worker.run.dispatch}`);
    for (const { seq } of claimed) {
      const { zone } = this.member(worker.run, seq);
      if (quietZones.some((quiet) => quiet.zone === zone)) throw new Error(`claimed ${seq} in its quiet hours`);
    }
    worker.claimed = [...new Set([...worker.claimed, ...claimed.map(({ seq }) => seq)])];
  }

  /** The platform answers what is with it; the next messages are begun. */
  async answerAndBegin(worker: Worker, outcomes: readonly Settlement['status'][], count: number): Promise<void> {
    const settle = worker.sending.slice(0, outcomes.length).map((seq, index) => ({
      seq,
      status: outcomes[index] ?? 'sent',
      dueAt: outcomes[index] === 'waiting' ? new Date(this.now + 60_000) : undefined,
    }));
    const asked = worker.claimed.slice(0, count);
    const others = await this.rowsOfOthers(worker, settle);
    const { begun, hindered } = await settleAndBegin(this.database, {
      ...this.step(worker.run),
      claimToken: worker.token,
      now: this.clock,
      settle,
      begin: asked,
    });
    const settled = new Set(settle.map(({ seq }) => seq));
    worker.sending = [...worker.sending.filter((seq) => !settled.has(seq)), ...begun];
    worker.claimed = worker.claimed.filter((seq) => !begun.includes(seq) && !hindered.includes(seq));
    for (const seq of begun) this.checkBegun(worker.run, seq);
    await this.checkOwned(worker, begun);
    if ((await this.rowsOfOthers(worker, settle)) !== others) throw new Error(`settled another worker's deliveries`);
    for (const { seq, status } of settle)
      if (status === 'waiting' && (await this.statusOf(worker.run, seq)) === 'waiting')
        this.handedOver.delete(key(worker.run, seq));
    if (worker.run.dispatch === 'open' && !this.ghosts.includes(worker)) {
      const expected = asked.filter((seq) => !begun.includes(seq) && !hindered.includes(seq));
      for (const seq of expected) await this.checkTakenOver(worker, seq);
    }
  }

  private checkBegun(run: Run, seq: number): void {
    const { arm, contactId } = this.member(run, seq);
    const contact = this.contacts.find(({ id }) => id === contactId);
    const id = key(run, seq);
    if (this.handedOver.has(id)) throw new Error(`${id} was begun twice`);
    if (run.dispatch !== 'open') throw new Error(`${id} was begun while dispatch is ${run.dispatch}`);
    if (arm === 'holdout') throw new Error(`${id} is held out and was begun`);
    if (contact?.suppressed) throw new Error(`${id} is suppressed and was begun`);
    if (!contact?.consents) throw new Error(`${id} does not consent and was begun`);
    this.handedOver.add(id);
  }

  /** What stands of these deliveries under another worker's token. */
  private async rowsOfOthers({ run, token }: Worker, settle: Settlement[]): Promise<string> {
    const { rows } = await this.database.query(
      `select seq, status, claim_token from deliveries where run_no = $1 and seq = any($2::int[])
          and claim_token is distinct from $3 order by seq`,
      [run.no, settle.map(({ seq }) => seq), token],
    );
    return JSON.stringify(rows);
  }

  private async checkOwned({ run, token }: Worker, begun: number[]): Promise<void> {
    const { rows } = await this.database.query(
      `select seq from deliveries where run_no = $1 and seq = any($2::int[])
          and (claim_token is distinct from $3 or status <> 'sending')`,
      [run.no, begun, token],
    );
    if (rows.length > 0) throw new Error(`begun although another worker's: ${JSON.stringify(rows)}`);
  }

  /** What a living worker had claimed and could not begin belongs to another by now, or is settled. */
  private async checkTakenOver(worker: Worker, seq: number): Promise<void> {
    const { rows } = await this.database.query<{ status: string; claim_token: string | null }>(
      'select status, claim_token from deliveries where run_no = $1 and seq = $2',
      [worker.run.no, seq],
    );
    if (rows[0]?.status === 'claimed' && rows[0].claim_token === worker.token)
      throw new Error(`${key(worker.run, seq)} could not be begun although it is claimed`);
  }

  async releaseClaims(worker: Worker): Promise<void> {
    const request = { ...this.step(worker.run), claimToken: worker.token, now: this.clock };
    await releaseClaims(this.database, request, this.whole);
    worker.claimed = [];
  }

  /** Its successor has another token; the dead one may turn out to live. */
  async die(worker: Worker): Promise<void> {
    this.ghosts.push({ ...worker });
    worker.token = randomUUID();
    worker.claimed = [];
    worker.sending = [];
    const request = { ...this.step(worker.run), claimToken: worker.token, now: this.clock };
    const doubted = await markOrphansInDoubt(this.database, request, this.whole);
    const alive = this.workers.filter((other) => other !== worker && other.run === worker.run);
    for (const other of alive) {
      const lost = other.sending.filter((seq) => doubted.includes(seq));
      if (lost.length > 0) {
        this.ghosts.push({ ...other, claimed: [], sending: lost });
        other.sending = other.sending.filter((seq) => !lost.includes(seq));
      }
    }
  }

  async switchDispatch(run: Run, dispatch: Dispatch): Promise<void> {
    await setDispatch(this.database, run.no, dispatch);
    run.dispatch = dispatch;
  }

  async close(run: Run, as: 'late' | 'cancelled', range: { from: number; to: number }): Promise<void> {
    await closeDeliveries(this.database, { ...this.step(run), range, now: this.clock, as, detail: 'closed' });
    const open = (await this.readMembers(run)).filter(
      ({ seq, status }) =>
        seq >= range.from && seq <= range.to && !settledStatuses.has(status ?? '') && status !== 'in_doubt',
    );
    if (open.length > 0) throw new Error(`closed, but open: ${JSON.stringify(open)}`);
  }

  async resolveDoubt(run: Run, as: 'released' | 'given-up' | 'sent', seqs: number[]): Promise<void> {
    const request = { ...this.step(run), seqs, as, detail: 'test', now: this.clock };
    for (const seq of await resolveDoubt(this.database, request))
      if (as === 'released') this.handedOver.delete(key(run, seq));
  }

  async suppress(contact: Contact): Promise<void> {
    await suppress(this.database, {
      addressHash: addressHash(contact.address, testSecretKey),
      reason: 'manual',
      source: 'test',
    });
    contact.suppressed = true;
  }

  async withdraw(contact: Contact): Promise<void> {
    await recordConsents(this.database, [
      { contactId: contact.id, state: 'withdrawn', basis: 'consent', source: 'test', recordedAt: this.clock },
    ]);
    contact.consents = false;
  }

  async optOut(contact: Contact): Promise<void> {
    await optOut(this.database, { contactId: contact.id, source: 'test', method: 'one-click', at: this.clock });
    contact.suppressed = true;
    contact.consents = false;
  }

  async strike(domain: string): Promise<void> {
    await strikeDomain(this.database, { platform: this.platform, domain, now: this.clock });
  }

  async forgive(domain: string): Promise<void> {
    await forgiveDomains(this.database, this.platform, [domain]);
  }

  /** Looks at every row. @throws Error that names the broken promise */
  async check(): Promise<void> {
    for (const run of this.runs) {
      const before = run.members;
      const after = await this.readMembers(run);
      checkPlaces(before, after);
      const { rows: strangers } = await this.database.query(
        `select seq from deliveries d where run_no = $1
            and not exists (select from members m where m.run_no = d.run_no and m.seq = d.seq and m.contact_id = d.contact_id)`,
        [run.no],
      );
      if (strangers.length > 0) throw new Error(`deliveries to nobody: ${JSON.stringify(strangers)}`);
      const books = await stepBooks(this.database, this.step(run));
      checkBooks(books, after);
      const sweep = await planSweep(this.database, {
        ...this.step(run),
        range: this.whole,
        now: this.clock,
        stretch: 5,
        most: 10,
      });
      if (sweep.open + sweep.waiting !== books.open)
        throw new Error(`a sweep sees ${sweep.open} + ${sweep.waiting} open, the books ${books.open}`);
      run.members = after;
    }
    this.checkCaps();
  }

  private checkCaps(): void {
    const since = this.now - cap.per;
    for (const { id } of this.contacts) {
      const counted = this.runs.flatMap(({ members }) =>
        members.filter(
          ({ contactId, status, claimedAt }) =>
            contactId === id &&
            claimedAt !== null &&
            claimedAt.getTime() > since &&
            ['claimed', 'sending', 'sent', 'in_doubt'].includes(status ?? ''),
        ),
      );
      if (counted.length > cap.limit) throw new Error(`over the cap: ${JSON.stringify(counted)}`);
    }
  }

  private async readMembers(run: Run): Promise<Member[]> {
    const { rows } = await this.database.query<Member>(
      `select m.seq, m.contact_id as "contactId", m.arm, m.time_zone as zone, d.status, d.claimed_at as "claimedAt"
         from members m left join deliveries d on d.run_no = m.run_no and d.seq = m.seq
        where m.run_no = $1 order by m.seq`,
      [run.no],
    );
    return rows;
  }

  private async statusOf(run: Run, seq: number): Promise<string | null | undefined> {
    return (await this.readMembers(run)).find((member) => member.seq === seq)?.status;
  }

  private member(run: Run, seq: number): Member {
    const member = run.members.find((candidate) => candidate.seq === seq);
    if (!member) throw new Error(`no member ${seq}`);
    return member;
  }
}

function key(run: Run, seq: number): string {
  return `${run.no}:${seq}`;
}

function checkPlaces(before: Member[], after: Member[]): void {
  if (after.length !== peopleCount) throw new Error(`${after.length} places for ${peopleCount} members`);
  after.forEach(({ seq, status, contactId }, index) => {
    const was = before[index];
    if (seq !== index + 1 || was?.contactId !== contactId) throw new Error(`member ${seq} is another person now`);
    if (settledStatuses.has(was.status ?? '') && was.status !== status)
      throw new Error(`member ${seq} was settled as ${was.status} and is ${status}`);
    if (was.status === 'in_doubt' && !afterDoubt.has(status ?? ''))
      throw new Error(`member ${seq} was in doubt and is ${status}, though nobody released it`);
  });
}

const placeOf: Record<string, keyof Books> = {
  sent: 'sent',
  held_out: 'heldOut',
  suppressed: 'suppressed',
  unconsented: 'unconsented',
  capped: 'capped',
  late: 'late',
  invalid: 'invalid',
  failed: 'failed',
  in_doubt: 'inDoubt',
  cancelled: 'cancelled',
};

/** The books against a count of our own. */
function checkBooks(books: Books, members: Member[]): void {
  const { targeted, ...places } = books;
  const sum = Object.values(places).reduce((total, count) => total + count, 0);
  if (targeted !== peopleCount || sum !== peopleCount)
    throw new Error(`the books do not add up: ${JSON.stringify(books)}`);
  for (const place of Object.keys(places) as (keyof typeof places)[]) {
    const counted = members.filter(({ status }) => (placeOf[status ?? ''] ?? 'open') === place).length;
    if (counted !== places[place]) throw new Error(`${place}: ${places[place]} in the books, ${counted} rows`);
  }
}

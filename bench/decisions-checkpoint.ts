/**
 * What one checkpoint costs: three metrics measured over a million members and five million events, on a PostgreSQL of its
 * own. Counts time and the memory of the server's processes; the measuring process itself holds a few rows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedMetric } from '../definition/resolved-measuring';
import { type Database, openDatabase } from '../ledger/database';
import { measureMetrics } from '../ledger/measuring';
import { countRipe, monitorCounts } from '../ledger/measuring-counts';
import { migrate } from '../ledger/migrate';
import { endWithUs } from '../tests/support/end-with-us';
import { temporaryFolder } from '../tests/support/temporary-folder';
import { EmbeddedDatabase } from '../workers/database/embedded-database';

export interface CheckpointFigures {
  members: number;
  events: number;
  metrics: number;
  /** Seconds of each measurement of all metrics, one after the other. */
  measureSeconds: number[];
  /** Processor time of the server's processes for each of them; tells on a busy machine. */
  processorSeconds?: number[];
  /** Largest private memory of the server's processes together while measuring, in MB; absent where /proc does not tell. */
  measureMb?: number;
  countRipeSeconds: number;
  /** What the guardrails of a running wave ask at every page. */
  monitorSeconds: number;
  loadSeconds: number;
}

const dayMs = 24 * 3600_000;
const start = Date.parse('2026-09-01T00:00:00Z');
/** Every window of every member is closed. */
const now = new Date(start + 40 * dayMs);
const step = { runNo: 1, step: 'offer' };

const metrics: ResolvedMetric[] = [
  {
    name: 'click',
    role: 'success',
    kind: 'proportion',
    from: { events: 'clicked' },
    window: 2 * dayMs,
    goodDirection: 'up',
  },
  {
    name: 'revenue',
    role: 'success',
    kind: 'mean',
    from: { events: 'revenue' },
    window: 7 * dayMs,
    cap: { currency: 'EUR', micros: 500e6 },
    covariate: 30 * dayMs,
    goodDirection: 'up',
  },
  {
    name: 'unsubscribe',
    role: 'guardrail',
    kind: 'proportion',
    from: { events: 'unsubscribed' },
    window: 3 * dayMs,
    goodDirection: 'down',
  },
];

export async function benchCheckpoint({
  members = 1_000_000,
  events = 5_000_000,
  say = () => undefined,
}: {
  members?: number;
  events?: number;
  say?: (line: string) => void;
}): Promise<CheckpointFigures> {
  const home = temporaryFolder('bench-checkpoint');
  const server = new EmbeddedDatabase({
    folder: join(home.path, 'postgres'),
    logFile: join(home.path, 'postgres.log'),
    password: 'bench',
    durable: false,
    onSpawn: ({ pid }) => void endWithUs(pid),
  });
  try {
    await server.start();
    await server.createDatabase('checkpoint');
    await migrate(server.url('checkpoint'));
    const database = openDatabase({ url: server.url('checkpoint'), connections: 2 });
    try {
      const loadSeconds = await seconds(() => fillBooks(database, { members, events }));
      say(
        `  ${members.toLocaleString('en')} members and ${events.toLocaleString('en')} events written in ${loadSeconds} s`,
      );
      return { ...(await measure(database, { members, events, serverPid: server.identity?.pid, say })), loadSeconds };
    } finally {
      await database.end();
    }
  } finally {
    await server.kill();
    home.remove();
  }
}

async function measure(
  database: Database,
  given: { members: number; events: number; serverPid?: number; say: (line: string) => void },
): Promise<Omit<CheckpointFigures, 'loadSeconds'>> {
  const { members, events, serverPid, say } = given;
  const memory = watchMemory(serverPid);
  const measureSeconds: number[] = [];
  const processorSeconds: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = usedSeconds(serverPid);
    measureSeconds.push(await seconds(async () => void (await measureMetrics(database, { ...step, now, metrics }))));
    processorSeconds.push(Math.round((usedSeconds(serverPid) - before) * 10) / 10);
  }
  const measureMb = memory.end();
  const measured = await measureMetrics(database, { ...step, now, metrics });
  const counted = Object.values(measured.get('click')?.arms ?? {}).reduce((sum, { n }) => sum + n, 0);
  if (counted !== members) throw new Error(`measured ${counted} members of ${members}`);
  const windowMs = 7 * dayMs;
  const countRipeSeconds = await seconds(async () => void (await countRipe(database, { ...step, windowMs, now })));
  const kinds = ['bounced', 'complained', 'unsubscribed'] as const;
  const monitorSeconds = await seconds(async () => void (await monitorCounts(database, { ...step, kinds, now })));
  say(
    `  ${metrics.length} metrics measured in ${measureSeconds.join(', ')} s (${processorSeconds.join(', ')} s of processor), at most ${measureMb ?? '?'} MB`,
  );
  say(`  ripeness in ${countRipeSeconds} s, monitors of a page in ${monitorSeconds} s`);
  return {
    members,
    events,
    metrics: metrics.length,
    measureSeconds,
    ...(processorSeconds.some((used) => used > 0) && { processorSeconds }),
    ...(measureMb !== undefined && { measureMb }),
    countRipeSeconds,
    monitorSeconds,
  };
}

/**
 * Two arms and a holdout in four waves. Of the events three in ten are clicks of this very message, a tenth are programs'
 * clicks, three in ten are clicks of earlier campaigns, and three in ten are orders and refunds of two months.
 */
async function fillBooks(database: Database, { members, events }: { members: number; events: number }): Promise<void> {
  await database.query(
    'alter table events set (autovacuum_enabled = false); alter table deliveries set (autovacuum_enabled = false)',
  );
  await database.query(`insert into revisions (revision, campaign_id, definition) values ('bench', 'bench', '{}')`);
  await database.query(
    `insert into runs (run_id, campaign_id, environment, revision, applied_plan_hash, applied_by, applied_at)
     select 'campaign/bench/' || n, 'bench', 'bench', 'bench', '', 'ana', $1 from generate_series(1, 2) n`,
    [new Date(start)],
  );
  await database.query(
    `insert into waves (run_no, step, wave, from_seq, to_seq, salt, weights, released_at)
     select 1, 'offer', n, (n - 1) * $1::int / 4 + 1, n * $1::int / 4, 'bench', '{"a": 0.5, "b": 0.5}', $2 from generate_series(1, 4) n`,
    [members, new Date(start)],
  );
  await database.query(
    `insert into deliveries (run_no, step, seq, contact_id, domain, status, wave, arm, claim_token, attempts, claimed_at, settled_at)
     select 1, 'offer', n, (n::bigint * 7919) % $1 + 1, 'mail.example', case when n % 10 = 0 then 'held_out' else 'sent' end,
            (n - 1)::bigint * 4 / $1 + 1, case when n % 10 = 0 then null when n % 2 = 0 then 'a' else 'b' end,
            gen_random_uuid(), 1, t, t
       from (select n, $2::timestamptz + n * interval '0.5 second' as t from generate_series(1, $1::int) n) numbered`,
    [members, new Date(start)],
  );
  await database.query(
    `insert into delivery_tallies (run_no, step, arm, slot, sent)
     select 1, 'offer', arm, seq % 64, count(*) from deliveries where status = 'sent' group by 3, 4`,
  );
  const batch = 500_000;
  for (let from = 1; from <= events; from += batch)
    await database.query(eventsStatement, [members, new Date(start), from, Math.min(events, from + batch - 1)]);
  await database.query('vacuum (analyze) events');
  await database.query('vacuum (analyze) deliveries');
}

const eventsStatement = `
  insert into events (source, id, kind, is_bot, run_no, step, seq, contact_id, occurred_at, amount_micros, currency)
  select case when what <= 6 then 'volante:clicks' else 'shop' end, 'e' || n,
         case when what <= 6 then 'clicked' when what = 9 and n % 3 = 0 then 'refund' when n % 997 = 0 then 'unsubscribed' else 'converted' end::event_kind,
         what = 3, case when what <= 3 then 1 when what <= 6 then 2 end, case when what <= 6 then 'offer' end,
         case when what <= 3 then seq end, (seq::bigint * 7919) % $1 + 1,
         case when what <= 3 then $2::timestamptz + seq * interval '0.5 second' + (n % 1000) * interval '4 minutes'
              else $2::timestamptz - interval '30 days' + (n % 6000) * interval '11 minutes' end,
         case when what >= 7 and n % 997 <> 0 then (n % 90000) * 10000 end, case when what >= 7 and n % 997 <> 0 then 'EUR' end
    from (select n, n % 10 as what, (n::bigint * 104729 + n / 7) % $1 + 1 as seq from generate_series($3::int, $4::int) n) numbered`;

async function seconds(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return Math.round((performance.now() - begun) / 10) / 100;
}

/** Looks at the private memory of a server's processes every few milliseconds (Linux). */
function watchMemory(serverPid: number | undefined): { end(): number | undefined } {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, serverPid === undefined ? 0 : privateMb(serverPid));
  }, 20);
  return {
    end() {
      clearInterval(timer);
      return most === 0 ? undefined : Math.round(most);
    },
  };
}

function privateMb(serverPid: number): number {
  return childrenOf(serverPid).reduce(
    (sum, pid) => sum + Number(/RssAnon:\s+(\d+) kB/.exec(readProc(pid, 'status'))?.[1] ?? 0) / 1024,
    0,
  );
}

/** Processor time that the living processes of the server have used, in seconds; clock ticks are hundredths on Linux. */
function usedSeconds(serverPid: number | undefined): number {
  if (serverPid === undefined) return 0;
  return childrenOf(serverPid).reduce((sum, pid) => {
    const [, user = 0, system = 0] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readProc(pid, 'stat'))?.map(Number) ?? [];
    return sum + (user + system) / 100;
  }, 0);
}

function childrenOf(serverPid: number): string[] {
  try {
    return readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && readProc(name, 'status').includes(`PPid:\t${serverPid}\n`),
    );
  } catch {
    return [];
  }
}

function readProc(pid: string, file: 'status' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

async function main(): Promise<void> {
  const [members, events] = process.argv.slice(2).map(Number);
  const figures = await benchCheckpoint({ members, events, say: (line) => process.stderr.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

if (require.main === module) void main();

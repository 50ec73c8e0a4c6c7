/**
 * One measured part of the contacts bench, in a process of its own so that its peak memory is its own:
 * `import <rows>`, `freeze` or `plan`. Prints one line of JSON.
 */
import { Readable } from 'node:stream';
import { run } from '../cli/run';
import { compileAudience } from '../definition/audience-condition';
import type { ResolvedCampaign } from '../definition/resolved';
import { importContacts } from '../ledger/contacts-import';
import { openDatabase } from '../ledger/database';
import { freezeAudience } from '../ledger/members';
import { storeRevision } from '../ledger/revisions';
import { registerRun } from '../ledger/runs';

export interface Measured {
  seconds: number;
  /** Processor time of the process, without the database's; tells on a busy machine. */
  cpuSeconds: number;
  /** Largest resident memory of the process, in MB. */
  peakMb: number;
  /** How many people it was about. */
  people: number;
}

const cities = ['Madrid', 'Sevilla', 'Lisboa', 'Porto', 'Bilbao'];
const zones = ['Europe/Madrid', 'Europe/Lisbon', 'Atlantic/Canary'];

function* csv(rows: number): Generator<string> {
  yield 'email,firstName,country,city,orders,segment,timeZone,locale,consent,consentSource,consentAt\n';
  for (let n = 1; n <= rows; n += 1)
    yield `person${n}@mail${n % 500}.example,Name ${n},${n % 5 === 0 ? 'PT' : 'ES'},${cities[n % 5]},${n % 40},s${n % 9},${zones[n % 3]},es,${n % 20 === 0 ? 'withdrawn' : 'granted'},web,2026-01-01\n`;
}

async function benchImport(rows: number): Promise<number> {
  const database = openDatabase({ url: environment('DATABASE_URL'), connections: 2 });
  try {
    const { added } = await importContacts(database, {
      source: Readable.from(csv(rows)),
      file: 'people.csv',
      secretKey: environment('VOLANTE_SECRET_KEY'),
    });
    return added;
  } finally {
    await database.end();
  }
}

async function benchFreeze(): Promise<number> {
  const database = openDatabase({ url: environment('DATABASE_URL'), connections: 3 });
  const campaign: ResolvedCampaign = {
    version: 1,
    id: 'frozen',
    name: 'Frozen',
    owner: 'ana',
    locale: 'es',
    audience: { from: 'contacts', holdout: 0.1 },
    schedule: { timezone: 'Europe/Madrid', maxLateness: 900_000, cron: [], catchupWindow: 600_000 },
    steps: [],
  };
  try {
    await storeRevision(database, { revision: 'frozen', campaign, files: [] });
    const { no } = await registerRun(database, {
      runId: 'campaign/frozen/1',
      campaignId: campaign.id,
      environment: 'bench',
      revision: 'frozen',
      appliedPlanHash: 'none',
      appliedBy: 'ana',
      appliedAt: '2026-11-01T00:00:00.000Z',
    });
    const { members } = await freezeAudience(database, {
      campaign,
      condition: compileAudience(campaign.audience.where),
      secretKey: environment('VOLANTE_SECRET_KEY'),
      runNo: no,
      shardSize: 250_000,
    });
    return members;
  } finally {
    await database.end();
  }
}

/** The whole verb, from the command line to its JSON. */
async function benchPlan(): Promise<number> {
  const said: string[] = [];
  const stdout = { write: (text: string) => said.push(text) > 0 } as unknown as NodeJS.WritableStream;
  const exitCode = await run({
    argv: ['plan', '--json'],
    env: process.env,
    cwd: process.cwd(),
    streams: { stdin: process.stdin, stdout, stderr: process.stderr },
    signal: new AbortController().signal,
  });
  if (exitCode !== 0) throw new Error(`plan ended with ${exitCode}: ${said.join('').slice(0, 500)}`);
  const { campaigns } = JSON.parse(said.join('')) as { campaigns: { audience: { targeted: number } }[] };
  return campaigns[0]?.audience.targeted ?? 0;
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

async function main(): Promise<void> {
  const [part, rows] = process.argv.slice(2);
  const begun = performance.now();
  const people = await (part === 'import'
    ? benchImport(Number(rows))
    : part === 'freeze'
      ? benchFreeze()
      : benchPlan());
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const measured: Measured = {
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 1e5) / 10,
    peakMb: Math.round(maxRSS / 1024),
    people,
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}

if (require.main === module) void main();

/** A contact book of a million people: importing it, planning over it, freezing an audience of all of it. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '../ledger/migrate';
import { endWithUs } from '../tests/support/end-with-us';
import { temporaryFolder } from '../tests/support/temporary-folder';
import { EmbeddedDatabase } from '../workers/database/embedded-database';
import type { Measured } from './plan-contacts-part';
import { writeWorkspace } from './plan-definitions';

export interface ContactFigures {
  contacts: number;
  import: Measured & { rowsPerSecond: number };
  /** `volante plan` of one campaign with a condition and a holdout over the whole book. */
  plan: Measured;
  /** The same over a tenth of the book: memory that grew with the book would show. */
  planOfTenth: Measured;
  freeze: Measured;
  /** `volante plan` once more, beside a live run that has everybody as its member. */
  planBesideLiveRun: Measured;
}

/** Every part runs within this heap, or fails. */
const heapMb = 128;

export async function benchContacts({
  contacts = 1_000_000,
  say = () => undefined,
}: {
  contacts?: number;
  say?: (line: string) => void;
}): Promise<ContactFigures> {
  const home = temporaryFolder('bench-contacts');
  const database = new EmbeddedDatabase({
    folder: join(home.path, 'postgres'),
    logFile: join(home.path, 'postgres.log'),
    password: 'bench',
    durable: true,
    onSpawn: ({ pid }) => void endWithUs(pid),
  });
  try {
    await database.start();
    const workspace = join(home.path, 'workspace');
    mkdirSync(workspace);
    await writeWorkspace(workspace, 1);
    writeFileSync(join(workspace, 'campaigns', 'bench-1', 'campaign.yaml'), campaignText);
    const partIn = async (name: string) => {
      await database.createDatabase(name);
      await migrate(database.url(name));
      return measuring({ cwd: workspace, url: database.url(name) });
    };
    const tell = (what: string, measured: Measured): Measured => {
      const { seconds, cpuSeconds, peakMb, people } = measured;
      say(
        `  ${what}: ${people.toLocaleString('en')} people in ${seconds} s (${cpuSeconds} s of processor), at most ${peakMb} MB`,
      );
      return measured;
    };

    const tenth = await partIn('tenth');
    await tenth('import', String(contacts / 10));
    const planOfTenth = tell('plan of a tenth of the book', await tenth('plan'));
    const whole = await partIn('whole');
    const imported = tell('import', await whole('import', String(contacts)));
    const plan = tell('plan', await whole('plan'));
    const freeze = tell('freeze', await whole('freeze'));
    const planBesideLiveRun = tell('plan beside a live run of everybody', await whole('plan'));
    const rowsPerSecond = Math.round(contacts / imported.seconds);
    return { contacts, import: { ...imported, rowsPerSecond }, planOfTenth, plan, freeze, planBesideLiveRun };
  } finally {
    await database.kill();
    home.remove();
  }
}

const campaignText = `id: everybody
name: Everybody
owner: ana
audience: { from: contacts, where: 'contact.country in ["ES", "PT"] && contact.orders >= 0', holdout: 10% }
schedule: { timezone: Europe/Madrid, quietHours: 21:00-08:30 }
steps:
  - id: content
    gate: { approvers: [marketing] }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: Hello }
`;

function measuring({ cwd, url }: { cwd: string; url: string }) {
  return async (...words: string[]): Promise<Measured> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [`--max-old-space-size=${heapMb}`, join(__dirname, 'plan-contacts-part.js'), ...words],
      {
        cwd,
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          DATABASE_URL: url,
          VOLANTE_SECRET_KEY: '33'.repeat(32),
          VOLANTE_WORKSPACE: cwd,
          VOLANTE_DATA_DIR: join(cwd, '.volante'),
        },
      },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  };
}

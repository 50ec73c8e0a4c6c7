/**
 * `npm run demo`: the whole way of a campaign on this machine, with the commands a person would type. Nothing is
 * simulated: a real file, a durable run, a gate, mail over SMTP, and a report whose books balance.
 */
import { createInterface } from 'node:readline/promises';
import { exitCodes } from '../../errors/catalogue';
import { openDatabase } from '../../ledger/database';
import { loadSettings } from '../../settings/settings';
import { eventuallyTrue, type VolanteCommand, volanteCommand } from './command-line';
import { checkPromises } from './promises';

const campaign = 'spring-sale';
const applicant = 'luis';
const approver = 'ana';

async function main(): Promise<number> {
  const yes = process.argv.includes('--yes') || process.argv.includes('-y');
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  if (!yes && !interactive) {
    say('The demo asks for an approval, and there is no terminal to ask in. Run `npm run demo -- --yes` to approve.');
    return exitCodes.needsInput;
  }
  const volante = volanteCommand();
  title('Bring everything up');
  const wasUp = loadSettings().temporalAddress !== '' && (await volante.quiet('doctor', '--json')).exitCode === 0;
  await volante.run('up', '--detach');
  try {
    const kept = await demonstrate(volante, { yes });
    if (yes && !interactive) return kept ? exitCodes.ok : exitCodes.bug;
    say('\nEverything is still running: look around. Ctrl-C ends the demo.');
    await untilInterrupted();
    return kept ? exitCodes.ok : exitCodes.bug;
  } finally {
    if (!wasUp) await volante.run('down');
  }
}

async function demonstrate(volante: VolanteCommand, { yes }: { yes: boolean }): Promise<boolean> {
  title('People: 677 rows, with bad addresses, duplicates and opt-outs among them');
  await volante.run(
    { mayExit: [exitCodes.partial] },
    'contacts',
    'import',
    'campaigns/sample-contacts.csv',
    '--rejects',
    '.volante/rejects.csv',
  );

  title('The campaign file');
  await volante.run('validate', `campaigns/${campaign}`);
  await volante.run('plan', campaign);

  title('Launch');
  const runId = await apply(volante);
  await lookHere();

  title('The gate: nothing is sent before somebody approves this very plan');
  await untilGateOpens(volante, runId);
  if (yes) await volante.run('approve', runId, '--gate', 'content', '--as', approver, '-m', 'looks good');
  else await askForApproval(volante, runId);

  title('Mail goes out');
  await volante.run('status', runId, '--watch');

  title('The report');
  await volante.run('report', runId, '--html', '.volante/report.html');

  title('Were the promises kept?');
  const settings = loadSettings();
  const database = openDatabase({ url: settings.databaseUrl, connections: 2 });
  try {
    const promises = await checkPromises({ database, runId, mailboxUrl: settings.mailboxUrl ?? '' });
    for (const { promise, kept, detail } of promises) say(`  ${kept ? '✔' : '✖'} ${promise}: ${detail}`);
    return promises.every(({ kept }) => kept);
  } finally {
    await database.end();
  }
}

/** A second demo on the same machine is another run of the same revision, on purpose. */
async function apply(volante: VolanteCommand): Promise<string> {
  const { runs } = await volante.json<{
    runs: { campaignId: string; revision: string; phase: string; runId: string }[];
  }>('status', '--json');
  const plan = await volante.json<{ hash: string; campaigns: { id: string; revision: string }[] }>(
    'plan',
    campaign,
    '--json',
  );
  const revision = plan.campaigns.find(({ id }) => id === campaign)?.revision;
  const earlier = runs.filter((run) => run.campaignId === campaign && run.revision === revision).length;
  const again = earlier > 0 ? ['--again', String(earlier + 1)] : [];
  const words = ['apply', plan.hash.slice(0, 12), '--as', applicant, ...again];
  volante.show(words);
  const { applied } = await volante.json<{ applied: { runId: string; outcome: string }[] }>(...words, '--json');
  const [first] = applied;
  if (first?.outcome !== 'started') throw new Error(`the run was not started: ${first?.outcome}`);
  say(`✔ started ${first.runId}`);
  return first.runId;
}

async function lookHere(): Promise<void> {
  const { temporalUiUrl, temporalNamespace, mailboxUrl, gatewayUrl } = loadSettings();
  say(`\nLook here:`);
  if (temporalUiUrl) say(`  Temporal UI  ${temporalUiUrl}/namespaces/${temporalNamespace}/workflows`);
  if (mailboxUrl) say(`  mailbox      ${mailboxUrl}`);
  say(`  gateway      ${gatewayUrl}`);
}

interface Status {
  live?: { phase: string; gates: { gate: string; state: string }[] };
  run: { phase: string; finishedAt: string | null };
}

async function gateState(volante: VolanteCommand, runId: string): Promise<string | undefined> {
  const { live, run } = await volante.json<Status>('status', runId, '--json');
  if (run.finishedAt !== null) return 'over';
  return live?.gates.find(({ gate }) => gate === 'content')?.state;
}

async function untilGateOpens(volante: VolanteCommand, runId: string): Promise<void> {
  await eventuallyTrue(async () => (await gateState(volante, runId)) === 'open', {
    timeoutMs: 120_000,
    what: 'the gate is open',
  });
  say(`Gate "content" of ${runId} is open. ${approver} and bruno have mail with a personal link.`);
}

/** Here, or on the page that the mail links to: whichever comes first. */
async function askForApproval(volante: VolanteCommand, runId: string): Promise<void> {
  const { mailboxUrl } = loadSettings();
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const elsewhere = new AbortController();
  const onPage = eventuallyTrue(async () => (await gateState(volante, runId)) !== 'open', {
    timeoutMs: 24 * 3600_000,
    everyMs: 2_000,
    what: 'somebody decides',
    signal: elsewhere.signal,
  }).then(() => 'page' as const);
  const here = reader
    .question(`Approve as ${approver}? [y/N]  (or open the mail at ${mailboxUrl} and click Review) `)
    .then((answer) => (/^(y|yes|s|si|sí)$/i.test(answer.trim()) ? ('approve' as const) : ('reject' as const)));
  const answer = await Promise.race([here, onPage.catch(() => 'page' as const)]);
  elsewhere.abort();
  reader.close();
  if (answer === 'approve')
    await volante.run('approve', runId, '--gate', 'content', '--as', approver, '-m', 'looks good');
  if (answer === 'reject')
    await volante.run('reject', runId, '--gate', 'content', '--as', approver, '-m', 'not convinced');
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        clearInterval(timer);
        resolve();
      });
  });
}

function title(text: string): void {
  say(`\n── ${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(exitCodes.bug);
  },
);

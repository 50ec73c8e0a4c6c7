/**
 * `npm run bench:send`: messages a second in one run, on one machine, into `smtp-sink`: (a) a bare nodemailer loop with a
 * composed message, (b) one that composes each, (c) Volante with ledger and Temporal on, with one worker and with two.
 * VOLANTE_BENCH_RECIPIENTS makes it shorter or longer (50,000). Ends with one line of JSON.
 */

import { Stage } from '../tests/support/stage';
import { importBenchPeople, measureSend } from './send-volante';
import { bareComposeLoop, bareRawLoop } from './smtp-baseline';
import { startSmtpSink } from './smtp-sink-program';

const recipients = Number(process.env.VOLANTE_BENCH_RECIPIENTS ?? 50_000);
const connections = 10;

async function main(): Promise<void> {
  const sink = await startSmtpSink();
  const stage = await Stage.open({ smtpUrl: `smtp://127.0.0.1:${sink.port}`, connections });
  try {
    await importBenchPeople(stage, recipients);
    const rawBefore = await baseline('raw', () => bareRawLoop({ port: sink.port, count: recipients, connections }));
    const compose = await baseline('compose', () =>
      bareComposeLoop({ port: sink.port, count: Math.ceil(recipients / 4), connections }),
    );
    const one = await measureSend({ stage, workers: 1, recipients });
    say(`(c) Volante, one worker: ${JSON.stringify(one)}`);
    const two = await measureSend({ stage, workers: 2, recipients });
    say(`(c) Volante, two workers: ${JSON.stringify(two)}`);
    const rawAfter = await baseline('raw again', () =>
      bareRawLoop({ port: sink.port, count: recipients, connections }),
    );
    const raw = (rawBefore + rawAfter) / 2;
    say(
      JSON.stringify({
        bench: 'send',
        recipients,
        bareRaw: Math.round(raw),
        bareRawBefore: rawBefore,
        bareRawAfter: rawAfter,
        bareCompose: compose,
        oneWorker: one,
        twoWorkers: two,
        oneWorkerToRaw: ratio(one.messagesPerSecond, raw),
        oneWorkerToCompose: ratio(one.messagesPerSecond, compose),
        twoWorkersToRaw: ratio(two.messagesPerSecond, raw),
        peakWorkerRssMb: Math.max(one.peakWorkerRssMb, two.peakWorkerRssMb),
        eventsPerPage: one.eventsPerPage,
      }),
    );
  } finally {
    await stage.close();
    sink.stop();
  }
}

async function baseline(name: string, measure: () => Promise<number>): Promise<number> {
  const rate = Math.round(await measure());
  say(`bare nodemailer, ${name}: ${rate} messages/s`);
  return rate;
}

function ratio(ours: number, theirs: number): number {
  return Math.round((ours / theirs) * 100) / 100;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`bench:send cannot run: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

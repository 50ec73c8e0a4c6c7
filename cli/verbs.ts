/** The verbs. Each is loaded only when it is used, so that `--help` is quick. */
import type { Command } from './command';

export interface Verb {
  name: string;
  summary: string;
  load: () => { command: Command };
}

const verb = (name: string, summary: string, load: Verb['load']): Verb => ({ name, summary, load });

export const verbs: readonly Verb[] = [
  verb('validate', 'check campaign files', () => require('./verbs/validate')),
  verb('explain', 'describe a field, a rule or an error code', () => require('./verbs/explain')),
  verb('plan', 'show what applying would do', () => require('./verbs/plan')),
  verb('apply', 'launch what a plan says', () => require('./verbs/apply')),
  verb('simulate', 'play a campaign in skipped time, before anybody gets it', () => require('./verbs/simulate')),
  verb('status', 'show runs, or one run', () => require('./verbs/status')),
  verb('journeys', 'list journeys of a triggered campaign, and events that started none', () =>
    require('./verbs/journeys'),
  ),
  verb('approve', 'say yes at a gate', () => require('./verbs/approve')),
  verb('reject', 'say no at a gate, and why', () => require('./verbs/reject')),
  verb('pause', 'stop sending after the batches in flight', () => require('./verbs/pause')),
  verb('resume', 'go on after a pause, or try a held step again', () => require('./verbs/resume')),
  verb('abort', 'end a run and cancel what has not left', () => require('./verbs/abort')),
  verb('sync', 'show what git says and what runs; look for commits now', () => require('./verbs/sync')),
  verb('suspend', 'put a campaign above git for a while', () => require('./verbs/suspend')),
  verb('prune', 'ask whether a run whose file is gone shall stop', () => require('./verbs/prune')),
  verb('override', 'decide at a checkpoint in place of what it declares', () => require('./verbs/override')),
  verb('signal', 'tell a run that something outside has happened', () => require('./verbs/signal')),
  verb('reconcile', 'settle deliveries in doubt', () => require('./verbs/reconcile')),
  verb('promotions', 'show codes and money of a run', () => require('./verbs/promotions')),
  verb('export', 'write the file of what runs', () => require('./verbs/export')),
  verb('report', 'say what a run did', () => require('./verbs/report')),
  verb('feedback', 'keep what team or customers say about a run', () => require('./verbs/feedback')),
  verb('contacts', 'import people, or suppress an address', () => require('./verbs/contacts')),
  verb('events', 'import what people did: orders, refunds, clicks', () => require('./verbs/events')),
  verb('loyalty', 'say what a loyalty program owes and what members have', () => require('./verbs/loyalty')),
  verb('schema', 'print the JSON Schema that editors use', () => require('./verbs/schema')),
  verb('workers', 'show builds of the worker; make one current', () => require('./verbs/workers')),
  verb('doctor', 'look at what is needed, and say what to do about what is wrong', () => require('./verbs/doctor')),
  verb('up', 'start everything on this machine', () => require('./verbs/up')),
  verb('down', 'stop what `up` has started', () => require('./verbs/down')),
];

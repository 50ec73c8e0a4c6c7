import type { Command } from '../command';
import { runStackProgram } from '../stack-program';

export const command: Command = {
  summary: 'start everything on this machine',
  description:
    'Starts a Temporal server, a PostgreSQL database, a mailbox that catches mail, a worker and the gateway, keeps them\n' +
    'running, and stops them on Ctrl-C. What TEMPORAL_ADDRESS, DATABASE_URL or SMTP_URL name is used instead. When all is\n' +
    'up already, it says where. Ports are fixed by VOLANTE_PORT_GATEWAY, _MAILBOX, _SMTP, _TEMPORAL, _TEMPORAL_UI,\n' +
    '_DATABASE and _WORKER_METRICS.',
  options: [
    { flags: '-d, --detach', description: 'return when all is up; `volante down` stops it (--json implies it)' },
    { flags: '--headless', description: "without Temporal's web interface" },
    { flags: '--infrastructure', description: 'without worker and gateway' },
  ],
  examples: ['up', 'up --detach', 'up --detach --infrastructure'],
  obeysSignal: true,
  run: (context) => {
    const detach = context.flag('detach') || context.json ? ['--detach'] : [];
    const others = ['headless', 'infrastructure'].filter((name) => context.flag(name)).map((name) => `--${name}`);
    return runStackProgram(context, ['up', ...detach, ...others]);
  },
};

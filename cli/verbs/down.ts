import type { Command } from '../command';
import { runStackProgram } from '../stack-program';

export const command: Command = {
  summary: 'stop what `up` has started',
  description:
    'Stops the local stack of this workspace, and what a killed one has left behind. Data stay where they are.',
  obeysSignal: true,
  run: (context) => runStackProgram(context, ['down']),
};

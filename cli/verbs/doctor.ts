import type { Command } from '../command';
import { runStackProgram } from '../stack-program';

export const command: Command = {
  summary: 'look at what is needed, and say what to do about what is wrong',
  description:
    'Looks at programs, servers, schema, clocks, disk and processes. Changes nothing; exit code 7 if one is ill.',
  obeysSignal: true,
  run: (context) => runStackProgram(context, ['doctor']),
};

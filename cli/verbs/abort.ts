import { controlCommand } from './control';

export const command = controlCommand('abort', {
  summary: 'end a run: cancel what has not left; say what cannot be undone',
  done: 'aborting: no new batch begins; what was sent cannot be unsent, the rest is cancelled',
  question: 'Mail cannot be unsent and an aborted run cannot be resumed. Abort',
});

import { controlCommand } from './control';

export const command = controlCommand('resume', {
  summary: 'go on after a pause, or try a held step again',
  done: 'resumed',
});

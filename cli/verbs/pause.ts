import { controlCommand } from './control';

export const command = controlCommand('pause', {
  summary: 'stop sending after the batches in flight; nobody is lost',
  done: 'paused: no new batch begins; messages in flight end',
});

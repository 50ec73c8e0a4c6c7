import type { CheckpointAction } from './resolved-measuring';
import { writeDuration } from './written/duration';

/** A declared action as the campaign file would say it: `promote-winner`, `wait 6h, at most 3 times, then hold`. */
export function actionWords(action: CheckpointAction): string {
  switch (action.do) {
    case 'promote':
      return action.what === 'wave' ? 'promote' : `promote-${action.what}`;
    case 'wait':
      return `wait ${writeDuration(action.for)}, at most ${action.max} times, then ${actionWords(action.then)}`;
    case 'extend':
      return `extend by ${writeDuration(action.by)}, at most ${action.max} times, then ${actionWords(action.then)}`;
    case 'adjust':
      return `adjust ${action.adjustments.map(({ what }) => what).join(', ')}${action.approve ? ' when approved' : ''}, then ${actionWords(action.then)}`;
    default:
      return action.do;
  }
}

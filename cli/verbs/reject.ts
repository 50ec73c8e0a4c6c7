import { decisionCommand } from './decision';

export const command = decisionCommand('reject', 'reject at an open gate of a run, with a reason');

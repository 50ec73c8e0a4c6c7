import { decisionCommand } from './decision';

export const command = decisionCommand('approve', 'approve at an open gate of a run');

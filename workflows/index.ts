/** Everything the workflow bundle exports: the workflow types. */
export { campaignRun } from './campaign-run';
export { deliverShard } from './deliver-shard';
export { journey } from './journey';

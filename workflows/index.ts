/** Everything the workflow bundle exports: the workflow types. */
import './versioning';

export { campaignRun } from './campaign-run';
export { deliverShard } from './deliver-shard';
export { gitSync } from './git-sync';
export { journey } from './journey';
export { storeCredit } from './store-credit';

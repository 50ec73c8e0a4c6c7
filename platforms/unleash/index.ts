/** Unleash (tested with 7.5.1): experiments on web pages by its admin API. Evaluation is the page's business, by Unleash's clients. */
export { createUnleashFlags, type UnleashFlagsOptions } from './flags';

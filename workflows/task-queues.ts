/** Where workflows and the ledger's activities are worked on; each platform's deliveries have a queue of their own. */
export const campaignTaskQueue = 'campaign';

/**
 * What runs can be found by. Visible to everybody with the Temporal UI and not encrypted: no personal data.
 * Pure names: safe inside workflows.
 */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

export const searchAttributes = {
  campaignId: defineSearchAttributeKey('CampaignId', SearchAttributeType.KEYWORD),
  campaignRevision: defineSearchAttributeKey('CampaignRevision', SearchAttributeType.KEYWORD),
  campaignOwner: defineSearchAttributeKey('CampaignOwner', SearchAttributeType.KEYWORD),
  campaignPhase: defineSearchAttributeKey('CampaignPhase', SearchAttributeType.KEYWORD),
  /** Id of the gate that is open; absent while none is. */
  campaignGate: defineSearchAttributeKey('CampaignGate', SearchAttributeType.KEYWORD),
  campaignEnvironment: defineSearchAttributeKey('CampaignEnvironment', SearchAttributeType.KEYWORD),
  campaignBlockedReason: defineSearchAttributeKey('CampaignBlockedReason', SearchAttributeType.KEYWORD),
  /** Members of the frozen audience. */
  campaignRecipients: defineSearchAttributeKey('CampaignRecipients', SearchAttributeType.INT),
  campaignDeadline: defineSearchAttributeKey('CampaignDeadline', SearchAttributeType.DATETIME),
} as const;

#!/bin/sh
# Makes the namespace and our search attributes. Safe to repeat. The list is the one of workflows/search-attributes.ts.
set -eu

if ! temporal operator namespace describe "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
fi
temporal operator namespace update --namespace "$TEMPORAL_NAMESPACE" --retention 30d

known=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE")
while read -r name type; do
  case $known in
    *"$name"*) ;;
    *) temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type "$type" ;;
  esac
done <<'ATTRIBUTES'
CampaignId Keyword
CampaignRevision Keyword
CampaignOwner Keyword
CampaignPhase Keyword
CampaignGate Keyword
CampaignEnvironment Keyword
CampaignBlockedReason Keyword
CampaignRecipients Int
CampaignDeadline Datetime
ATTRIBUTES

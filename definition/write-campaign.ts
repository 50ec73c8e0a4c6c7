/**
 * The inverse of `resolve`: a campaign as people write it. Loading it, with its files beside it and the same volante.yaml,
 * gives the same revision. Defaults are left out, moments are local times of the schedule's zone, shared things go by their keys.
 */
import { Document, isCollection, isScalar, isSeq, visit } from 'yaml';
import { present } from './present';
import type { ResolvedCampaign } from './resolved';
import { campaignSchema } from './schema/campaign';
import { ambiguityOf } from './source/ambiguous-scalar';
import { withoutDefaults } from './write-defaults';
import type { WriteInput, WrittenCampaign } from './write-input';
import { oneOrSeveral, writeTrigger } from './write-journey';
import { writeProgram } from './write-loyalty';
import { writeMeasuring } from './write-measuring';
import { writeStep } from './write-step';
import { writeDuration } from './written/duration';
import { writeLocalTime } from './written/local-time';
import { writePercentage } from './written/percentage';

/** The text of a campaign file. `remarks` become comments at its top. */
export function writeCampaign(input: WriteInput, remarks: readonly string[] = []): string {
  const document = new Document(withoutDefaults(campaignSchema, writtenCampaign(input)));
  document.commentBefore = [
    ' yaml-language-server: $schema=../../definition/campaign.schema.json',
    ...remarks.map((remark) => ` ${remark}`),
  ].join('\n');
  shape(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function writtenCampaign(input: WriteInput): WrittenCampaign {
  const { campaign, workspace } = input;
  return present({
    id: campaign.id,
    name: campaign.name,
    owner: campaign.owner,
    story: campaign.story,
    locale: campaign.locale === workspace.defaults.locale ? undefined : campaign.locale,
    trigger: campaign.trigger && writeTrigger(campaign.trigger),
    priority: campaign.priority,
    exclusive: campaign.exclusive,
    program: campaign.program && writeProgram(campaign, campaign.program),
    audience: writeAudience(campaign),
    schedule: writeSchedule(input),
    ...writeMeasuring(input),
    steps: campaign.steps.map((step, index) => writeStep(input, { step, before: campaign.steps[index - 1]?.id })),
  }) as WrittenCampaign;
}

/** A campaign whose events name its people says nothing of an audience. */
function writeAudience({ audience, trigger, program }: ResolvedCampaign): WrittenCampaign['audience'] {
  const { from, where, holdout } = audience;
  const isEverybody = from === 'contacts' && where === undefined && holdout === 0;
  if (isEverybody && (trigger || program)) return undefined;
  return {
    from: from === 'contacts' ? from : `./${from.csv.path}`,
    ...present({ where }),
    holdout: writePercentage(holdout),
  };
}

function writeSchedule({ campaign: { schedule }, workspace }: WriteInput): WrittenCampaign['schedule'] {
  const { start, end, timezone, quietHours, cron } = schedule;
  return present({
    start: start && writeLocalTime(start, timezone),
    end: end && writeLocalTime(end, timezone),
    timezone: timezone === workspace.defaults.timezone ? undefined : timezone,
    quietHours: quietHours && `${quietHours.from}-${quietHours.to}`,
    maxLateness: writeDuration(schedule.maxLateness),
    cron: cron.length > 0 ? oneOrSeveral(cron) : undefined,
    catchupWindow: writeDuration(schedule.catchupWindow),
  });
}

/** Small things stand on one line, parts of the file apart, and what some program could misread in quotes. */
function shape(document: Document): void {
  visit(document, {
    Collection(key, node, path) {
      const isPart = path.length === 1 || (path.length === 3 && isSeq(node));
      node.flow = !isPart && JSON.stringify(node).length <= longestLine;
      if (path.length === 4 && key !== 0 && !node.flow) node.spaceBefore = true;
    },
    Scalar(_, node) {
      if (typeof node.value === 'string' && ambiguityOf(node.value)) node.type = 'QUOTE_DOUBLE';
    },
    Pair(_, pair, path) {
      if (path.length === 2 && isScalar(pair.key) && isCollection(pair.value)) pair.key.spaceBefore = true;
    },
  });
}

const longestLine = 100;

import type { z } from 'zod';
import {
  type AuthoredAudience,
  type AuthoredCampaign,
  type AuthoredSchedule,
  type AuthoredStep,
  campaignSchema,
} from '../schema/campaign';
import { stepSchema } from '../schema/steps';
import type { Path } from '../source/place';
import type { ProblemList } from '../source/problem-list';
import type { Source } from '../source/source';
import { checkShape } from './shape';

export interface PlacedStep {
  /** Position in the file, from 0. */
  index: number;
  path: Path;
  step: AuthoredStep;
}

/**
 * What can be understood of a campaign file. After a mistake in one place the rest is still checked, so that all
 * problems show at once; `whole` is there only when the file has the right shape everywhere.
 */
export interface Authored {
  whole?: AuthoredCampaign;
  id?: string;
  owner?: string;
  audience?: AuthoredAudience;
  trigger?: AuthoredCampaign['trigger'];
  program?: AuthoredCampaign['program'];
  schedule?: AuthoredSchedule;
  metrics: AuthoredCampaign['metrics'];
  objectives: AuthoredCampaign['objectives'];
  budget?: AuthoredCampaign['budget'];
  tracking?: AuthoredCampaign['tracking'];
  steps: PlacedStep[];
  /** Ids of all steps as written, also of those not understood, in the order of the file. */
  stepIds: string[];
  /** Every step is understood. */
  stepsComplete: boolean;
}

export function readAuthored(options: { source: Source; problems: ProblemList }): Authored {
  const whole = checkShape(campaignSchema, options);
  const raw = isRecord(options.source.value) ? options.source.value : {};
  const rawSteps = Array.isArray(raw.steps) ? raw.steps : [];
  const steps = rawSteps.flatMap((value, index): PlacedStep[] => {
    const step = whole ? whole.steps[index] : part(stepSchema, value);
    return step ? [{ index, path: ['steps', index], step }] : [];
  });
  return {
    whole,
    id: whole?.id ?? part(campaignSchema.shape.id, raw.id),
    owner: whole?.owner ?? part(campaignSchema.shape.owner, raw.owner),
    audience: whole?.audience ?? part(campaignSchema.shape.audience, raw.audience),
    program: whole?.program ?? part(campaignSchema.shape.program, raw.program),
    trigger: whole?.trigger ?? part(campaignSchema.shape.trigger, raw.trigger),
    schedule: whole?.schedule ?? part(campaignSchema.shape.schedule, raw.schedule),
    metrics: whole?.metrics ?? part(campaignSchema.shape.metrics, raw.metrics) ?? [],
    objectives: whole?.objectives ?? part(campaignSchema.shape.objectives, raw.objectives) ?? [],
    budget: whole?.budget ?? part(campaignSchema.shape.budget, raw.budget),
    tracking: whole?.tracking ?? part(campaignSchema.shape.tracking, raw.tracking),
    steps,
    stepIds: rawSteps.flatMap((value) => (isRecord(value) && typeof value.id === 'string' ? [value.id] : [])),
    stepsComplete: steps.length === rawSteps.length,
  };
}

/** The value as the schema understands it, without the entries it does not understand. */
function part<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  return schema.safeParse(without(value, wrong)).data;
}

function without(value: unknown, paths: readonly PropertyKey[][]): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !paths.some((path) => path.length === 1 && path[0] === key))
    .map(([key, inner]) => [
      key,
      without(
        inner,
        paths.filter((path) => path[0] === key).map((path) => path.slice(1)),
      ),
    ]);
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

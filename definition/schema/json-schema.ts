import { z } from 'zod';
import { campaignSchema } from './campaign';
import { workspaceSchema } from './workspace';

export const definitionSchemas = { campaign: campaignSchema, workspace: workspaceSchema } as const;
export type DefinitionKind = keyof typeof definitionSchemas;

/** JSON Schema (draft-07) of what people write, for editors. */
export function jsonSchemaOf(kind: DefinitionKind): Record<string, unknown> {
  return schemaDocument(definitionSchemas[kind]);
}

/** The same for any other file that people write. */
export function schemaDocument(schema: z.ZodType): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: restoreExamples }) };
}

/** Zod leaves out examples of fields it transforms, taking them for outputs; ours are always what people write. */
function restoreExamples({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: unknown;
  jsonSchema: { examples?: unknown[] };
}): void {
  const examples = zodSchema instanceof z.ZodType ? zodSchema.meta()?.examples : undefined;
  if (Array.isArray(examples)) jsonSchema.examples = examples;
}

/** The file as checked in beside this folder. */
export function jsonSchemaText(kind: DefinitionKind): string {
  return `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`;
}

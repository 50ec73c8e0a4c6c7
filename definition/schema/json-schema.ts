import { z } from 'zod';
import { campaignSchema } from './campaign';
import { workspaceSchema } from './workspace';

export const definitionSchemas = { campaign: campaignSchema, workspace: workspaceSchema } as const;
export type DefinitionKind = keyof typeof definitionSchemas;

/** JSON Schema (draft-07) of what people write, for editors. */
export function jsonSchemaOf(kind: DefinitionKind): Record<string, unknown> {
  return { ...z.toJSONSchema(definitionSchemas[kind], { target: 'draft-7', io: 'input' }) };
}

/** The file as checked in beside this folder. */
export function jsonSchemaText(kind: DefinitionKind): string {
  return `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`;
}

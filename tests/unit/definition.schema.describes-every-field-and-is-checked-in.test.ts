import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { schemaAt } from '../../definition/check/shape';
import { fieldsOf, undescribedFields } from '../../definition/schema/fields';
import {
  type DefinitionKind,
  definitionSchemas,
  jsonSchemaOf,
  jsonSchemaText,
} from '../../definition/schema/json-schema';

const kinds = Object.keys(definitionSchemas) as DefinitionKind[];
const definitionFolder = join(__dirname, '../../definition');

describe.each(kinds)('%s', (kind) => {
  test('every field has a description and an example', () => {
    expect(undescribedFields(kind)).toEqual([]);
    for (const field of fieldsOf(kind)) {
      expect([field.path, field.description]).toEqual([field.path, expect.stringMatching(/\S/)]);
      expect([field.path, field.examples.length]).not.toEqual([field.path, 0]);
    }
  });

  test('the JSON Schema beside the code is the one the code makes (`npm run schema`)', () => {
    expect(readFileSync(join(definitionFolder, `${kind}.schema.json`), 'utf8')).toBe(jsonSchemaText(kind));
  });

  test('every example is accepted by its own field', () => {
    for (const { path, examples } of fieldsOf(kind)) {
      const schema = fieldSchema(definitionSchemas[kind], path);
      for (const example of examples) {
        const result = schema?.safeParse(parse(JSON.stringify(example)));
        expect([path, example, result?.success]).toEqual([path, example, true]);
      }
    }
  });

  test('unknown keys are refused at every level', () => {
    const open: string[] = [];
    const walk = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, additionalProperties, items } = schema as Record<string, unknown>;
      if (properties && additionalProperties !== false) open.push(path);
      for (const [name, child] of Object.entries(properties ?? {})) walk(child, `${path}.${name}`);
      walk(items, `${path}[]`);
      walk(additionalProperties, `${path}.*`);
    };
    walk(jsonSchemaOf(kind), kind);
    expect(open).toEqual([]);
  });
});

/** Lists and keyed mappings add no segment to a field's path. */
function fieldSchema(root: z.ZodType, path: string): z.ZodType | undefined {
  return path.split('.').reduce<z.ZodType | undefined>((schema, name) => entry(schema)?.shape[name], root);
}

function entry(schema: z.ZodType | undefined): z.ZodObject<Record<string, z.ZodType>> | undefined {
  const inner = schema && schemaAt(schema, []);
  if (inner instanceof z.ZodArray || inner instanceof z.ZodRecord) return entry(schemaAt(inner, ['*']));
  if (inner instanceof z.ZodUnion) return inner.options.map((option) => entry(option as z.ZodType)).find(Boolean);
  return inner instanceof z.ZodObject ? (inner as z.ZodObject<Record<string, z.ZodType>>) : undefined;
}

test('a missing description is noticed', () => {
  const schemas = definitionSchemas as unknown as Record<string, z.ZodType>;
  schemas.broken = z.strictObject({ bare: z.string(), fine: z.string().meta({ description: 'd', examples: ['e'] }) });
  try {
    expect(undescribedFields('broken' as DefinitionKind)).toEqual(['bare']);
  } finally {
    delete schemas.broken;
  }
});

import { z } from 'zod';
import type { AmendTag } from './field';
import { type DefinitionKind, definitionSchemas, jsonSchemaOf } from './json-schema';

/** A field of a definition file, as `volante explain` and the reference page describe it. */
export interface Field extends AmendTag {
  file: DefinitionKind;
  /** Such as `steps.email.subject`; entries of lists and of keyed mappings add no segment. */
  path: string;
  description?: string;
  examples: unknown[];
  required: boolean;
  /** As it would be written. */
  whenAbsent?: unknown;
  /** In plain words: `text`, `one of reject, hold, escalate`. */
  kind: string;
  children: string[];
}

interface JsonSchema extends AmendTag {
  type?: string;
  description?: string;
  examples?: unknown[];
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
}

const amendMeaning = {
  live: 'live (holds at once, for whatever has not happened)',
  'next-step': 'next-step (what has begun stays as it began; what begins later follows)',
  fixed: 'fixed (such a change is refused)',
} as const;

/** What a change of the field means to a run under way; empty for files that no run goes by. */
export function amendWords({ amend, approvals }: AmendTag): string {
  if (!amend) return '';
  return `${amendMeaning[amend]}${approvals === 'kept' ? '; approvals stay good' : ''}`;
}

/** Every field of a definition file, in the order of the schema, parents before children. */
export function fieldsOf(file: DefinitionKind): Field[] {
  const root: JsonSchema = jsonSchemaOf(file);
  return childrenOf(file, root, { path: '' });
}

function childrenOf(file: DefinitionKind, owner: JsonSchema, { path: prefix, amend, approvals }: Holder): Field[] {
  const holder = entryOf(owner);
  return Object.entries(holder.properties ?? {}).flatMap(([name, schema]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const field: Field = {
      file,
      path,
      description: schema.description,
      examples: schema.examples ?? [],
      required: holder.required?.includes(name) ?? false,
      ...(schema.default === undefined ? {} : { whenAbsent: schema.default }),
      kind: kindOf(schema),
      children: Object.keys(entryOf(schema).properties ?? {}),
      ...amendTagOf(schema, { amend, approvals }),
    };
    return [field, ...childrenOf(file, schema, field)];
  });
}

type Holder = Pick<Field, 'path' | keyof AmendTag>;

/** A field's own words on how it may be amended, else those of the field that holds it. */
function amendTagOf(schema: JsonSchema, inherited: AmendTag): AmendTag {
  const amend = schema.amend ?? inherited.amend;
  const approvals = schema.approvals ?? inherited.approvals;
  return { ...(amend && { amend }), ...(approvals && { approvals }) };
}

/** What a list or a keyed mapping holds; of a word or keys and values, the latter; anything else itself. */
function entryOf(schema: JsonSchema): JsonSchema {
  if (schema.items) return entryOf(schema.items);
  if (typeof schema.additionalProperties === 'object') return entryOf(schema.additionalProperties);
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema;
}

const kindWords: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'keys and values',
};

function kindOf(schema: JsonSchema): string {
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`;
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? kindOf(schema.items) : 'values'}`;
  return kindWords[schema.type ?? ''] ?? 'value';
}

/** Paths of fields that lack a description or an example: a mistake in the schema. */
export function undescribedFields(file: DefinitionKind): string[] {
  return undescribed(definitionSchemas[file], '');
}

function undescribed(schema: z.ZodType, path: string): string[] {
  const own = path !== '' && !isDescribed(schema) ? [path] : [];
  const inner = peel(schema);
  if (inner instanceof z.ZodObject) {
    return own.concat(
      Object.entries(inner.shape).flatMap(([name, child]) =>
        child instanceof z.ZodType ? undescribed(child, path ? `${path}.${name}` : name) : [],
      ),
    );
  }
  if (inner instanceof z.ZodUnion)
    return own.concat(
      inner.options.flatMap((option) => (option instanceof z.ZodObject ? undescribed(option, path) : [])),
    );
  const entry =
    inner instanceof z.ZodArray ? inner.element : inner instanceof z.ZodRecord ? inner.valueType : undefined;
  return entry instanceof z.ZodType ? own.concat(undescribed(entry, `${path}[]`)) : own;
}

function isDescribed(schema: z.ZodType): boolean {
  const meta = schema.meta();
  if (typeof meta?.description === 'string' && Array.isArray(meta.examples) && meta.examples.length > 0) return true;
  const inner = peelOnce(schema);
  return inner !== undefined && isDescribed(inner);
}

/** A field's schema without what makes it optional or turns its text into a meaning. */
export function peel(schema: z.ZodType): z.ZodType {
  const inner = peelOnce(schema);
  return inner ? peel(inner) : schema;
}

function peelOnce(schema: z.ZodType): z.ZodType | undefined {
  const wrapped =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
      ? schema.def.innerType
      : schema instanceof z.ZodPipe
        ? schema.def.in
        : undefined;
  return wrapped instanceof z.ZodType ? wrapped : undefined;
}

import { z } from 'zod';
import { canonicalJson } from './canonical-json';
import { peel } from './schema/fields';

/** Leaves out what the schema would put there by itself, at any depth. */
export function withoutDefaults(schema: z.ZodType, value: unknown): unknown {
  const inner = formOf(peel(schema), value);
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((entry) => withoutDefaults(inner.element as z.ZodType, entry));
  if (typeof value !== 'object' || value === null) return value;
  if (inner instanceof z.ZodRecord)
    return mapped(value, (_, entry) => withoutDefaults(inner.valueType as z.ZodType, entry));
  if (!(inner instanceof z.ZodObject)) return value;
  return mapped(value, (name, entry) => {
    const field = inner.shape[name] as z.ZodType;
    const shorter = withoutDefaults(field, entry);
    return isDefault(field, shorter) ? undefined : shorter;
  });
}

/** Of several forms that a field may have, the one that this value has. */
function formOf(schema: z.ZodType, value: unknown): z.ZodType {
  if (!(schema instanceof z.ZodUnion)) return schema;
  const forms = (schema.options as z.ZodType[]).map(peel);
  return forms.find((form) => form.safeParse(value).success) ?? schema;
}

function isDefault(field: z.ZodType, value: unknown): boolean {
  const absent = field.safeParse(undefined);
  const said = field.safeParse(value);
  if (!absent.success || !said.success || absent.data === undefined || said.data === undefined) return false;
  return canonicalJson(absent.data) === canonicalJson(said.data);
}

function mapped(value: object, change: (name: string, entry: unknown) => unknown): object {
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, entry]) => [name, change(name, entry)] as const)
      .filter(([, entry]) => entry !== undefined),
  );
}

/** Shopify's own Admin schema of the pinned version, for checking what we send. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cacheDirectory } from '../../workers/binaries/cache-directory';

const folder = join(cacheDirectory(process.env), 'shopify-schema', '1.16.0');
const schemaFile = join(folder, 'package', 'dist', 'data', 'admin_2026-10.json.gz');

/** Why there is none, in one line. */
export function whyNoShopifySchema(): string | undefined {
  if (existsSync(schemaFile) && existsSync(join(folder, 'node_modules', 'graphql', 'index.js'))) return undefined;
  return "Shopify's schema is not in the cache: `node scripts/provide-shopify-schema.mjs` puts it there";
}

interface Reader {
  buildClientSchema(introspection: unknown): object;
  parse(text: string): object;
  validate(schema: object, document: object): { message: string }[];
  execute(options: { schema: object; document: object; variableValues: unknown; rootValue: unknown }): unknown;
}

/** What the schema says against a request: its document, or the values of its variables. */
export function shopifyJudge(): (request: { query: string; variables?: Record<string, unknown> }) => string[] {
  const { buildClientSchema, parse, validate, execute } = createRequire(join(folder, 'package.json'))(
    'graphql',
  ) as Reader;
  const read = JSON.parse(gunzipSync(readFileSync(schemaFile)).toString()) as { data?: unknown };
  const schema = buildClientSchema(read.data ?? read);
  return ({ query, variables }) => {
    const document = parse(query);
    const faults = validate(schema, document).map(({ message }) => message);
    if (faults.length > 0) return faults;
    // Nothing is answered: only values that do not fit their types come back as errors before anything is executed.
    const { errors = [], data } = execute({ schema, document, variableValues: variables, rootValue: {} }) as {
      errors?: { message: string }[];
      data?: unknown;
    };
    return data === undefined ? errors.map(({ message }) => message) : [];
  };
}

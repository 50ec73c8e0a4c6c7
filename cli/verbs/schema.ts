import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type DefinitionKind,
  definitionSchemas,
  jsonSchemaOf,
  jsonSchemaText,
} from '../../definition/schema/json-schema';
import { VolanteError } from '../../errors/volante-error';
import type { Command } from '../command';

const kinds = Object.keys(definitionSchemas) as DefinitionKind[];

export const command: Command = {
  summary: 'print the JSON Schema that editors use',
  description: 'Prints the JSON Schema (draft-07) of campaign files or of volante.yaml.',
  arguments: [{ name: '[kind]', description: `${kinds.join(' or ')}; campaign when left out` }],
  options: [{ flags: '--write <folder>', description: 'write both into a folder instead' }],
  examples: ['schema', 'schema workspace', 'schema --write definition'],
  async run(context) {
    const folder = context.option('write');
    if (folder !== undefined) return writeAll(resolve(context.cwd, folder), folder);
    const asked = context.argument(0) ?? 'campaign';
    const kind = kinds.find((name) => name === asked);
    if (!kind)
      throw new VolanteError('VOL-102', { message: `there is no schema "${asked}"`, fix: `use ${kinds.join(' or ')}` });
    return { text: jsonSchemaText(kind), json: jsonSchemaOf(kind) };
  },
};

function writeAll(folder: string, shown: string) {
  mkdirSync(folder, { recursive: true });
  const files = kinds.map((kind) => `${kind}.schema.json`);
  for (const kind of kinds) writeFileSync(join(folder, `${kind}.schema.json`), jsonSchemaText(kind));
  return { text: `wrote ${files.map((file) => join(shown, file)).join(', ')}`, json: { ok: true, files } };
}

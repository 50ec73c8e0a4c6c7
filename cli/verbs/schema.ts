import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { definitionSchemas, schemaDocument } from '../../definition/schema/json-schema';
import { VolanteError } from '../../errors/volante-error';
import { scenarioSchema } from '../../simulation/scenario/schema';
import type { Command } from '../command';

const schemas = { ...definitionSchemas, scenario: scenarioSchema };
type Kind = keyof typeof schemas;
const kinds = Object.keys(schemas) as Kind[];

/** As checked in beside the definitions. */
function schemaText(kind: Kind): string {
  return `${JSON.stringify(schemaDocument(schemas[kind]), null, 2)}\n`;
}

export const command: Command = {
  summary: 'print the JSON Schema that editors use',
  description: 'Prints the JSON Schema (draft-07) of campaign files, of volante.yaml or of scenarios.',
  arguments: [{ name: '[kind]', description: `${kinds.join(', ')}; campaign when left out` }],
  options: [{ flags: '--write <folder>', description: 'write all into a folder instead' }],
  examples: ['schema', 'schema workspace', 'schema --write definition'],
  async run(context) {
    const folder = context.option('write');
    if (folder !== undefined) return writeAll(resolve(context.cwd, folder), folder);
    const asked = context.argument(0) ?? 'campaign';
    const kind = kinds.find((name) => name === asked);
    if (!kind)
      throw new VolanteError('VOL-102', { message: `there is no schema "${asked}"`, fix: `use ${kinds.join(' or ')}` });
    return { text: schemaText(kind), json: schemaDocument(schemas[kind]) };
  },
};

function writeAll(folder: string, shown: string) {
  mkdirSync(folder, { recursive: true });
  const files = kinds.map((kind) => `${kind}.schema.json`);
  for (const kind of kinds) writeFileSync(join(folder, `${kind}.schema.json`), schemaText(kind));
  return { text: `wrote ${files.map((file) => join(shown, file)).join(', ')}`, json: { ok: true, files } };
}

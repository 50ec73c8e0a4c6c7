/** `npm run reference`: writes docs/reference/ from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../settings/package-root';
import { referencePages } from './reference-pages';

const folder = join(packageRoot(), 'docs', 'reference');
mkdirSync(folder, { recursive: true });
for (const { name, content } of referencePages()) {
  writeFileSync(join(folder, name), content);
  process.stdout.write(`docs/reference/${name}\n`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../settings/package-root';
import { processFlags } from '../../workers/process-flags';

const read = (file: string) => readFileSync(join(packageRoot(), file), 'utf8');

test.each(['package.json', 'docker-compose.yml', 'Dockerfile'])('%s starts the worker with the same flags', (file) => {
  const words = read(file)
    .replaceAll(/[",[\]]/g, ' ')
    .replaceAll(/\s+/g, ' ');
  expect(words).toContain([...processFlags.worker, 'dist/workers/worker.js'].join(' '));
});

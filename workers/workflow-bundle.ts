import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { packageRoot } from '../settings/package-root';

/** Folders whose code workflows may reach; see .dependency-cruiser.cjs. */
const reachableFolders = ['workflows', 'definition', 'decisions', 'email', 'errors'];

export interface WorkflowBundle {
  /** Folder that holds `workflows/`: the checkout (TypeScript) or `dist`. */
  sources: string;
  file: string;
  /** Module of the workflows, below `sources`; default `workflows`. */
  workflows?: string;
  /** Modules of interceptors, below `sources`. */
  interceptors?: string[];
}

/** Where the build puts the bundle, and workers find it. */
export function workflowBundleFile(): string {
  return join(packageRoot(), 'dist', 'workflow-bundle.js');
}

/** The same workflows for simulations, with a clock of whole minutes; see workers/simulation/. */
export function simulationBundle(sources: string, file = join(packageRoot(), 'dist', 'simulation-bundle.js')) {
  const home = join('workers', 'simulation', 'workflows');
  return { sources, file, workflows: home, interceptors: [join(home, 'whole-minutes')] } satisfies WorkflowBundle;
}

/** Bundles the workflows, unless the file was already made from the very same sources. */
export async function buildWorkflowBundle({
  sources,
  file,
  workflows = 'workflows',
  interceptors = [],
}: WorkflowBundle): Promise<{ built: boolean; bytes: number }> {
  const hash = await hashOf(sources, [...new Set([...reachableFolders, workflows])]);
  const stamp = `${file}.sources`;
  const known = await readFile(stamp, 'utf8').catch(() => '');
  const existing = await stat(file).catch(() => undefined);
  if (existing && known === hash) return { built: false, bytes: existing.size };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(sources, workflows),
    workflowInterceptorModules: interceptors.map((module) => join(sources, module)),
    logger: silent,
  });
  await mkdir(dirname(file), { recursive: true });
  await rm(stamp, { force: true });
  const draft = `${file}.${process.pid}.partial`;
  await writeFile(draft, code);
  await rename(draft, file);
  await writeFile(stamp, hash);
  return { built: true, bytes: Buffer.byteLength(code) };
}

async function hashOf(sources: string, folders: string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  hash.update(await readFile(join(packageRoot(), 'package-lock.json')));
  for (const folder of folders) {
    for (const file of await codeFiles(join(sources, folder))) {
      hash.update(`\0${file.slice(sources.length)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

async function codeFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|tsx|js|json)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const silent = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => process.stderr.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
};

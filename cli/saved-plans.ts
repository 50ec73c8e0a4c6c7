/** Plans are kept by hash in the data folder, so that `apply` applies what was reviewed. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isIntact, planJson } from '../definition/plan';
import type { PlanDocument } from '../definition/plan-document';
import { VolanteError } from '../errors/volante-error';

function plansFolder(dataDir: string): string {
  return join(dataDir, 'plans');
}

/** Keeps a plan; the same plan twice is one file. Returns the file. */
export async function savePlan(plan: PlanDocument, dataDir: string): Promise<string> {
  await mkdir(plansFolder(dataDir), { recursive: true });
  const file = join(plansFolder(dataDir), `${plan.hash}.json`);
  await writeFile(file, planJson(plan));
  return file;
}

/**
 * The plan whose hash begins with these characters (at least four).
 * @throws VolanteError VOL-102 when none or several do, VOL-104 when the file was tampered with
 */
export async function findPlan(prefix: string, dataDir: string): Promise<PlanDocument> {
  if (!/^[0-9a-f]{4,64}$/.test(prefix))
    throw new VolanteError('VOL-102', { message: `"${prefix}" is not a plan hash` });
  const names: string[] = await readdir(plansFolder(dataDir)).catch(() => []);
  const [name, ...others] = names.filter((candidate) => candidate.startsWith(prefix));
  if (!name || others.length > 0) {
    const message = name ? `several plans begin with ${prefix}` : `there is no saved plan ${prefix}`;
    throw new VolanteError('VOL-102', { message, fix: name ? 'write more of the hash' : 'run `volante plan`' });
  }
  const plan = JSON.parse(await readFile(join(plansFolder(dataDir), name), 'utf8')) as PlanDocument;
  if (!isIntact(plan) || !name.startsWith(plan.hash)) {
    throw new VolanteError('VOL-104', { message: `saved plan ${prefix} was changed after it was made` });
  }
  return plan;
}

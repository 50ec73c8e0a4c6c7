import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { campaignFileNames } from './load-campaign';

const deepest = 6;

/** Campaign files in a folder and the folders inside it, sorted. Links, hidden folders and node_modules are passed over. */
export async function findCampaigns(folder: string): Promise<string[]> {
  const found: string[] = [];
  await search(folder, 0, found);
  return found.sort();
}

async function search(folder: string, depth: number, found: string[]): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
  const file = campaignFileNames.find((name) => names.has(name));
  if (file) found.push(join(folder, file));
  if (depth >= deepest) return;
  const inner = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules',
  );
  await Promise.all(inner.map((entry) => search(join(folder, entry.name), depth + 1, found)));
}

import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { campaignFileNames } from './load-campaign';

const deepest = 6;

/** Campaign files in a folder and the folders inside it, sorted. Links, hidden folders and node_modules are passed over. */
export function findCampaigns(folder: string): string[] {
  return search(folder, 0).sort();
}

function search(folder: string, depth: number): string[] {
  const entries = entriesOf(folder);
  const names = new Set(entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name));
  const file = campaignFileNames.find((name) => names.has(name));
  const own = file ? [join(folder, file)] : [];
  if (depth >= deepest) return own;
  const inner = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules',
  );
  return own.concat(inner.flatMap((entry) => search(join(folder, entry.name), depth + 1)));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

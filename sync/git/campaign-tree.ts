/** The campaigns of a commit, read from git's objects: nothing is checked out, and only plain files count. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { campaignFileNames } from '../../definition/load-campaign';
import { GitError } from './run-git';

/** A repository that objects are read from. */
export interface GitObjects {
  git(words: string[], input?: string): Promise<Buffer>;
}

interface TreeFile {
  oid: string;
  /** Within the campaign's folder. */
  path: string;
  bytes: number;
}

export interface CampaignFolderInGit {
  /** In the repository, such as `campaigns/spring-sale`. */
  folder: string;
  /** Its campaign file, in the repository. */
  file: string;
  files: TreeFile[];
  /** Stands for the names and the content of all its files. */
  hash: string;
}

const mostFiles = 50_000;
const mostFileBytes = 8 * 1024 * 1024;
const mostFolderBytes = 64 * 1024 * 1024;
const plainFile = /^100(?:644|755)$/;

/**
 * Folders below `path` that hold a campaign file, sorted. A folder inside another campaign's folder is a campaign of its own.
 * @throws GitError when the commit holds more files than can be meant
 */
export async function campaignFolders(
  objects: GitObjects,
  { commit, path }: { commit: string; path: string },
): Promise<CampaignFolderInGit[]> {
  const listing = await objects.git(['ls-tree', '-r', '-z', '--long', '--full-tree', commit, '--', `${path}/`]);
  const entries = listing.toString('utf8').split('\0').filter(Boolean);
  if (entries.length > mostFiles) throw new GitError(`${path} holds more than ${mostFiles} files`);
  const files = entries.flatMap(readEntry);
  const owners = new Map<string, { file: string; files: TreeFile[] }>();
  for (const name of campaignFileNames)
    for (const { path: found } of files) {
      const folder = dirname(found);
      if (found === `${folder}/${name}` && !owners.has(folder)) owners.set(folder, { file: found, files: [] });
    }
  for (const { path: found, ...file } of files) {
    const owner = ownerOf(owners, found);
    if (owner) owners.get(owner)?.files.push({ ...file, path: found.slice(owner.length + 1) });
  }
  return [...owners]
    .map(([folder, owned]) => ({ folder, ...owned, hash: hashOf(owned.files) }))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** `<mode> <type> <oid> <size>\t<path>`; links, submodules and paths that no honest repository has are passed over. */
function readEntry(line: string): TreeFile[] {
  const entry = /^(\d+) blob ([0-9a-f]+) +(\d+)\t([\s\S]+)$/.exec(line);
  const [, mode = '', oid = '', bytes = '', path = ''] = entry ?? [];
  return plainFile.test(mode) && isHonest(path) ? [{ oid, path, bytes: Number(bytes) }] : [];
}

function isHonest(path: string): boolean {
  return path
    .split('/')
    .every(
      (name) =>
        name !== '' &&
        name !== '.' &&
        name !== '..' &&
        !/^\.git$/i.test(name) &&
        !/[\\\0]/.test(name) &&
        name.length <= 255,
    );
}

function ownerOf(owners: ReadonlyMap<string, unknown>, path: string): string | undefined {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) if (owners.has(folder)) return folder;
  return undefined;
}

function hashOf(files: readonly TreeFile[]): string {
  const hash = createHash('sha256');
  for (const { oid, path } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${oid} ${path}\0`);
  return hash.digest('hex');
}

/** Writes the files of a campaign into `folder`. @throws GitError when they are too large */
export async function writeCampaign(objects: GitObjects, campaign: CampaignFolderInGit, folder: string): Promise<void> {
  const total = campaign.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const large = campaign.files.find(({ bytes }) => bytes > mostFileBytes);
  if (large) throw new GitError(`${campaign.folder}/${large.path} is larger than ${mostFileBytes} bytes`);
  if (total > mostFolderBytes) throw new GitError(`${campaign.folder} is larger than ${mostFolderBytes} bytes`);
  const contents = await readBlobs(objects, campaign.files);
  for (const [index, { path }] of campaign.files.entries()) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, contents[index] ?? Buffer.alloc(0), { flag: 'wx' });
  }
}

/** `<oid> blob <size>\n<content>\n` for each, in order. */
async function readBlobs(objects: GitObjects, files: readonly TreeFile[]): Promise<Buffer[]> {
  const answer = await objects.git(['cat-file', '--batch'], `${files.map(({ oid }) => oid).join('\n')}\n`);
  const contents: Buffer[] = [];
  let at = 0;
  for (const { oid, bytes } of files) {
    const head = `${oid} blob ${bytes}\n`;
    if (answer.toString('latin1', at, at + head.length) !== head) throw new GitError(`object ${oid} cannot be read`);
    at += head.length;
    contents.push(answer.subarray(at, at + bytes));
    at += bytes + 1;
  }
  return contents;
}

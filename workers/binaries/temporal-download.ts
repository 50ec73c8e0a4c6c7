import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { lastWords, runCommand } from './run-command';

/** A closed network must be noticed at once; a slow one may take its time over the archive itself. */
const firstByteTimeoutMs = 8_000;
const archiveTimeoutMs = 10 * 60_000;

export interface TemporalDownload {
  /** `v1.5.1`, or `default` for the release that Temporal recommends to its SDKs. */
  version: string;
  artifact: 'cli' | 'temporal-test-server';
  /** Empty folder that receives the archive's contents. */
  into: string;
}

/** Temporal's own download service, asked as its SDKs ask it. Returns the executable's path; throws a short Error. */
export async function downloadTemporal({ version, artifact, into }: TemporalDownload): Promise<string> {
  const query = new URLSearchParams({
    platform: process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
  });
  const info = await fetchWithin(`https://temporal.download/${artifact}/${version}?${query}`, firstByteTimeoutMs);
  const { archiveUrl, fileToExtract } = parseInfo(await info.json());
  const archive = await fetchWithin(archiveUrl, archiveTimeoutMs);
  if (!archive.body) throw new Error('the download was empty');
  await mkdir(into, { recursive: true });
  const file = join(into, 'archive.tar.gz');
  await pipeline(archive.body, createWriteStream(file));
  const unpacked = await runCommand('tar', ['-xzf', file, '-C', into], { timeoutMs: 60_000 });
  if (unpacked.status !== 0) throw new Error(`the archive cannot be unpacked: ${lastWords(unpacked.output)}`);
  const executable = join(into, fileToExtract);
  await chmod(executable, 0o755);
  return executable;
}

async function fetchWithin(url: string, timeoutMs: number): Promise<Response> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return response;
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw new Error(`no answer in ${timeoutMs / 1000} s`);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(cause instanceof Error ? cause.message : String(cause));
  }
}

function parseInfo(value: unknown): { archiveUrl: string; fileToExtract: string } {
  if (typeof value === 'object' && value !== null && 'archiveUrl' in value && 'fileToExtract' in value) {
    const { archiveUrl, fileToExtract } = value;
    const plainPath = typeof fileToExtract === 'string' && !fileToExtract.split('/').includes('..');
    if (typeof archiveUrl === 'string' && archiveUrl.startsWith('https://') && plainPath) {
      return { archiveUrl, fileToExtract: fileToExtract as string };
    }
  }
  throw new Error('its answer was not understood');
}

import { type Browser, chromium } from 'playwright-core';
import { executableOnPath, isExecutable } from '../../workers/binaries/executable-on-path';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser's program: CHROMIUM_PATH, else what is on PATH; or why there is none, for describeWhen(). */
export function findChromium(env: NodeJS.ProcessEnv = process.env): { path: string } | { whyNot: string } {
  const named = env.CHROMIUM_PATH;
  if (named)
    return isExecutable(named) ? { path: named } : { whyNot: `CHROMIUM_PATH (${named}) is no executable file` };
  const path = names.map((name) => executableOnPath(name, env)).find((found) => found !== undefined);
  if (path) return { path };
  const reason = env.VOLANTE_NO_CHROMIUM ?? `none of ${names.join(', ')} is on PATH and CHROMIUM_PATH is not set`;
  return { whyNot: reason };
}

/** A headless browser. Close it in `afterAll`. */
export async function openBrowser(): Promise<Browser> {
  const found = findChromium();
  if ('whyNot' in found) throw new Error(found.whyNot);
  return chromium.launch({ executablePath: found.path, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

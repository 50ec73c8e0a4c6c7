import { appendFileSync } from 'node:fs';

/**
 * A suite that needs something this machine may lack. With a reason why not, its tests are skipped and the run ends
 * with the line `suite NAME: not run because REASON`: never silently.
 */
export function describeWhen(name: string, whyNot: string | undefined, body: () => void): void {
  if (whyNot === undefined) {
    describe(name, body);
    return;
  }
  const file = process.env.VOLANTE_NOT_RUN_FILE;
  if (file) appendFileSync(file, `suite ${name}: not run because ${whyNot}\n`);
  describe.skip(name, body);
}

import { chmodSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../settings/package-root';
import { ensureTemporalBinary } from '../../workers/binaries/temporal-binary';
import { canReach } from '../../workers/database/server-account';
import { describeWhen } from '../support/describe-when';
import { LocalStack } from '../support/local-stack';
import { temporaryFolder } from '../support/temporary-folder';

const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can run as somebody else; the other tests ran as the present account';
  return canReach(packageRoot(), nobody) ? undefined : 'nobody but root can enter the checkout';
}

describeWhen('stack as an account that is not root', whyNot(), () => {
  const home = temporaryFolder('any-account');
  const { name: _name, ...account } = nobody;
  const stack = new LocalStack(account);

  beforeAll(async () => {
    const program = join(home.path, 'temporal');
    copyFileSync((await ensureTemporalBinary()).path, program);
    chmodSync(program, 0o755);
    await stack.prepare({ HOME: home.path, TEMPORAL_CLI_PATH: program });
  });
  afterAll(async () => {
    await stack.dispose();
    home.remove();
  }, 120_000);

  test('comes up with all files its own, and goes down', async () => {
    expect(await stack.run('up', '--infrastructure', '--headless', '--detach')).toMatchObject({ code: 0 });
    for (const name of ['postgres', 'temporal', 'stack.json']) {
      expect([name, statSync(join(stack.dataDir, name)).uid]).toEqual([name, nobody.uid]);
    }
    expect(await stack.run('down')).toMatchObject({ code: 0, out: 'Volante is down\n' });
  });
});

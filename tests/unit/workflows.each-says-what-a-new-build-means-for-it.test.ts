import { deploymentVersion } from '../../workers/worker/deployment-version';
import * as workflows from '../../workflows';

test.each(Object.entries(workflows))('%s', (_, workflow) => {
  expect(workflow).toHaveProperty('workflowDefinitionOptions');
});

test('a worker is versioned only when a deployment is named, and only by names that nobody can misread', async () => {
  expect(await deploymentVersion(undefined, { VOLANTE_BUILD_ID: 'one' })).toBeUndefined();
  const named = await deploymentVersion('volante', { VOLANTE_BUILD_ID: '0.2.0-4be3' });
  expect(named).toEqual({ deploymentName: 'volante', buildId: '0.2.0-4be3' });
  for (const name of ['', 'a:b', 'a b', '-a', "a'", 'a'.repeat(200)])
    await expect(deploymentVersion(name, { VOLANTE_BUILD_ID: 'one' })).rejects.toMatchObject({ code: 'VOL-102' });
  await expect(deploymentVersion('volante', { VOLANTE_BUILD_ID: 'one two' })).rejects.toMatchObject({
    code: 'VOL-102',
  });
});

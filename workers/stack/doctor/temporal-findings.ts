import { Connection } from '@temporalio/client';
import { readDeployment } from '../../../operations/worker-versions';
import type { Settings } from '../../../settings/settings';
import { campaignQueue } from '../../../workflows/queues';
import { searchAttributeNames } from '../../temporal/dev-server';
import { missingSearchAttributes } from '../../temporal/namespace';
import { type Finding, healthy, inOneLine, unhealthy } from './finding';

/** temporal.api.enums.v1.TaskQueueType. */
const queueKinds = [
  ['workflows', 1],
  ['activities', 2],
] as const;

/** A poller that has not asked for this long is taken for gone. A poll itself lasts a minute. */
const pollerIsGoneAfterMs = 3 * 60_000;

export async function temporalFindings(settings: Settings): Promise<Finding[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = settings;
  if (address === '') {
    return [unhealthy('Temporal', 'TEMPORAL_ADDRESS is not set and no local stack is up', 'run `volante up`')];
  }
  let connection: Connection;
  try {
    connection = await Connection.connect({ address, connectTimeout: 5_000 });
  } catch (error) {
    const fix = 'start it (locally `volante up`), or correct TEMPORAL_ADDRESS';
    return [unhealthy('Temporal', `${address}: ${inOneLine(error)}`, fix)];
  }
  try {
    const info = await connection.workflowService.getSystemInfo({});
    return [
      healthy('Temporal', `${address}, server ${info.serverVersion}, namespace ${namespace}`),
      await searchAttributesFinding(connection, namespace),
      ...(await workerFindings(connection, namespace)),
      ...(await versionFindings(connection, settings)),
    ];
  } finally {
    await connection.close();
  }
}

async function searchAttributesFinding(connection: Connection, namespace: string): Promise<Finding> {
  const name = 'search attributes';
  try {
    const missing = new Set(await missingSearchAttributes({ connection, namespace }));
    if (missing.size === 0) return healthy(name, 'all present');
    const flags = searchAttributeNames()
      .filter((attribute) => missing.has(attribute.name))
      .map((attribute) => `--name ${attribute.name} --type ${attribute.type}`);
    const fix = `temporal operator search-attribute create --namespace ${namespace} ${flags.join(' ')}`;
    return unhealthy(name, `missing: ${[...missing].join(', ')}`, fix);
  } catch (error) {
    return unhealthy(name, inOneLine(error), `check that the namespace ${namespace} exists and may be read`);
  }
}

async function workerFindings(connection: Connection, namespace: string): Promise<Finding[]> {
  return Promise.all(
    queueKinds.map(async ([kind, taskQueueType]) => {
      const name = `worker, ${kind}`;
      const fix = 'start one: `npm run worker`, locally `volante up`';
      try {
        const { pollers } = await connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: campaignQueue },
          taskQueueType,
        });
        const recent = (pollers ?? []).filter(({ lastAccessTime }) => {
          return Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < pollerIsGoneAfterMs;
        });
        if (recent.length === 0) return unhealthy(name, `nobody polls \`${campaignQueue}\``, fix);
        return healthy(name, `${recent.length} polling \`${campaignQueue}\``);
      } catch (error) {
        return unhealthy(name, inOneLine(error), fix);
      }
    }),
  );
}

/** With versioning on and no current version nothing new begins, and nobody says so. */
async function versionFindings(
  connection: Connection,
  { workerDeployment: deployment, temporalNamespace: namespace }: Settings,
): Promise<Finding[]> {
  if (deployment === undefined) return [];
  const name = 'worker versions';
  try {
    const { current, ramping, versions } = await readDeployment({ connection, namespace }, deployment);
    const [newest] = versions;
    if (!newest)
      return [unhealthy(name, `no worker of the deployment ${deployment} has come up`, 'start one: `npm run worker`')];
    if (current === undefined)
      return [
        unhealthy(
          name,
          `no build of ${deployment} is current: nothing new begins`,
          `volante workers promote ${newest.build}`,
        ),
      ];
    const share = ramping ? `, ${ramping.percentage} % of what begins go to ${ramping.build}` : '';
    return [healthy(name, `${current} of ${deployment} is current${share}`)];
  } catch (error) {
    return [unhealthy(name, inOneLine(error), 'see `volante workers`')];
  }
}

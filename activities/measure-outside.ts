/** Metrics whose numbers come from a source outside: the query stands in the revision, the address in the workspace. */
import { MeasurementError } from '../errors/measurement-error';
import type { Database } from '../ledger/database';
import { readRevision } from '../ledger/revisions';
import type { MetricSources } from '../platforms/measuring';
import type { MeasureOutside } from './dependencies';

export function createMeasureOutside({
  database,
  sources,
}: {
  database: Database;
  sources: Pick<MetricSources, 'measure'>;
}): MeasureOutside {
  return async ({ run, step, metric, now }) => {
    const { from, name } = metric;
    if (!('source' in from)) throw new MeasurementError(`metric ${name} has no source outside`, { mayPass: false });
    const { query } = from;
    const stored = query && (await readRevision(database, run.revision));
    const file = query && stored?.files.find(({ path }) => path === query.path);
    if (query && !file) throw new MeasurementError(`the revision has lost ${query.path}`, { mayPass: false });
    return sources.measure(from.source, {
      runId: run.runId,
      step,
      metric: name,
      until: now,
      ...(file && { query: file.content.toString('utf8') }),
    });
  };
}

/** Opens the sources of a workspace as they are first asked, once a process. */
import type { Workspace } from '../../definition/workspace-types';
import { MeasurementError } from '../../errors/measurement-error';
import { resolveSecret } from '../secrets';
import { createHttpSource } from './http-source';
import type { MetricSource, SourceAnswer, SourceQuestion } from './metric-source';
import { createSqlSource } from './sql-source';

export interface MetricSources {
  /** @throws MeasurementError */
  measure(source: string, question: SourceQuestion): Promise<SourceAnswer>;
  close(): Promise<void>;
}

export function openMetricSources({
  workspace,
  env,
}: {
  workspace: Pick<Workspace, 'sources'>;
  env: NodeJS.ProcessEnv;
}): MetricSources {
  const opened = new Map<string, MetricSource>();
  const open = (name: string): MetricSource => {
    const source = workspace.sources[name];
    if (source?.kind === 'sql') return createSqlSource({ url: resolveSecret(source.url, env) });
    if (source?.kind === 'http')
      return createHttpSource({
        url: resolveSecret(source.url, env),
        ...(source.secret !== undefined && { secret: resolveSecret(source.secret, env) }),
      });
    throw new MeasurementError(
      source
        ? `source ${name} posts events and answers no questions`
        : `volante.yaml of this worker has no source ${name}`,
      { mayPass: false },
    );
  };
  return {
    async measure(name, question) {
      const source = opened.get(name) ?? open(name);
      opened.set(name, source);
      return source.measure(question);
    },
    async close() {
      await Promise.all([...opened.values()].map((source) => source.close()));
    },
  };
}

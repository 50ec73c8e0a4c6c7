/** What a source of measurements outside Volante must be able to answer. */
import type { ArmStatistics } from '../../decisions/evidence';

export interface SourceQuestion {
  runId: string;
  step: string;
  metric: string;
  /** Nothing later is asked for: the run's clock. */
  until: Date;
  /** Text of the query, for sources that are asked by one. */
  query?: string;
}

export interface SourceAnswer {
  /** Sufficient statistics by arm; a step without arms answers `all`. */
  arms: Record<string, ArmStatistics>;
  /** Until when the source knows everything; absent where it cannot say. */
  watermark?: Date;
}

/** Asks for one metric. Throws MeasurementError; never answers zero for what it does not know. */
export interface MetricSource {
  measure(question: SourceQuestion): Promise<SourceAnswer>;
  close(): Promise<void>;
}

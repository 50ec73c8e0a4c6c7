import type { SearchAttributeType } from '@temporalio/common';
import { searchAttributes } from '../../workflows/search-attributes';

export interface DevServerOptions {
  port: number;
  /** Without it there is no web interface. */
  uiPort?: number;
  /** SQLite file; without it everything is in memory. */
  databaseFile?: string;
  namespace?: string;
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'never';
}

/** As the command line spells the types of search attributes. */
const typeNames: Record<SearchAttributeType, string> = {
  TEXT: 'Text',
  KEYWORD: 'Keyword',
  INT: 'Int',
  DOUBLE: 'Double',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  KEYWORD_LIST: 'KeywordList',
};

/**
 * Arguments of `temporal` for our development server: our search attributes, fair task queues, and a journal mode that
 * loses nothing when the process is killed (WAL with NORMAL: only a power cut may take the last commits).
 */
export function devServerArguments(options: DevServerOptions): string[] {
  const words = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port)];
  words.push('--namespace', options.namespace ?? 'default', '--log-level', options.logLevel ?? 'warn');
  words.push(...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]));
  if (options.databaseFile) {
    words.push('--db-filename', options.databaseFile);
    words.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal');
  }
  for (const flag of ['matching.useNewMatcher=true', 'matching.enableFairness=true']) {
    words.push('--dynamic-config-value', flag);
  }
  for (const { name, type } of searchAttributeNames()) words.push('--search-attribute', `${name}=${type}`);
  return words;
}

/** Names and types as `temporal operator search-attribute create` wants them. */
export function searchAttributeNames(): { name: string; type: string }[] {
  return Object.values(searchAttributes).map(({ name, type }) => ({ name, type: typeNames[type] }));
}

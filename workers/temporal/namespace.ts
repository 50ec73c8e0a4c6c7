import type { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time';
import { searchAttributes } from '../../workflows/search-attributes';

/** temporal.api.enums.v1.IndexedValueType. */
const indexedValueTypes: Record<SearchAttributeType, number> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

export interface NamespaceAddress {
  connection: Connection;
  namespace: string;
}

/** Our search attributes that the namespace does not know, or knows with another type. */
export async function missingSearchAttributes({ connection, namespace }: NamespaceAddress): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes)
    .filter(({ name, type }) => customAttributes[name] !== indexedValueTypes[type])
    .map(({ name }) => name);
}

/** Adds those that are missing. An attribute known with another type is an error of the server's. */
export async function registerSearchAttributes(address: NamespaceAddress): Promise<void> {
  const missing = new Set(await missingSearchAttributes(address));
  if (missing.size === 0) return;
  await addAttributes(address, (name) => missing.has(name));
}

/** For the time-skipping test server, which cannot list what it knows and starts with none. */
export async function registerAllSearchAttributes(address: NamespaceAddress): Promise<void> {
  await addAttributes(address, () => true);
}

async function addAttributes(
  { connection, namespace }: NamespaceAddress,
  wanted: (name: string) => boolean,
): Promise<void> {
  const chosen = Object.values(searchAttributes).filter(({ name }) => wanted(name));
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(chosen.map(({ name, type }) => [name, indexedValueTypes[type]])),
  });
}

/** How long finished runs stay visible. The development server's own default is one day. */
export async function setRetention({ connection, namespace }: NamespaceAddress, days: number): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msToTs(`${days} days`) },
  });
}

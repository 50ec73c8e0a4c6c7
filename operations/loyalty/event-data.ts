/** Amounts and numbers of orders in the data of events, which others wrote. */

type EventData = Readonly<Record<string, unknown>>;

function valueAt(data: EventData, path: string): unknown {
  let found: unknown = data;
  for (const name of path.split('.'))
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined;
  return found;
}

const decimal = /^(\d{1,9})(?:\.(\d{1,6}))?$/;
const microsPerUnit = 1_000_000;

/**
 * Millionths of a unit of money: of a text such as `49.90`, exactly; of a JSON number to the nearest millionth.
 * @returns undefined where nothing stands there, `none` where it is no amount
 */
export function amountAt(data: EventData, path: string): bigint | 'none' | undefined {
  const value = valueAt(data, path);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number')
    return value >= 0 && value < 1_000_000_000 ? BigInt(Math.round(value * microsPerUnit)) : 'none';
  if (typeof value !== 'string') return 'none';
  const [, units, decimals = ''] = decimal.exec(value) ?? [];
  return units === undefined ? 'none' : BigInt(units) * BigInt(microsPerUnit) + BigInt(decimals.padEnd(6, '0'));
}

const longestReference = 200;

/** The number of an order; undefined where there is none that could be one. */
export function referenceAt(data: EventData, path: string): string | undefined {
  const value = valueAt(data, path);
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= longestReference ? text : undefined;
}

/** Whether the event says that its money is of another currency. */
export function otherCurrency(data: EventData, currency: string): boolean {
  const said = valueAt(data, 'currency');
  return typeof said === 'string' && said.toUpperCase() !== currency;
}

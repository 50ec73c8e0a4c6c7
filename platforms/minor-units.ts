/** Decimals of the least amount of a currency that can be paid: 2 of a euro, none of a yen. */
export function smallestUnitDigits(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return maximumFractionDigits;
}

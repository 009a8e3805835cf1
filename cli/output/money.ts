/** An amount in minor units as people write it: 990 EUR is €9.90. @param currency ISO 4217 */
export function formatMoney(amount: number, currency: string): string {
  const style = new Intl.NumberFormat('en', { style: 'currency', currency });
  const { maximumFractionDigits: digits = 2 } = style.resolvedOptions();
  return style.format(amount / 10 ** digits);
}

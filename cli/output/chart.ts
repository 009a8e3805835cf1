const LEVELS = '▁▂▃▄▅▆▇█';
const BAR_WIDTH = 24;

/** A line of columns, the highest of which is the largest value: for a glance, beside the numbers. */
export function columnsOf(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  const level = (value: number) => Math.round((Math.max(value, 0) / most) * (LEVELS.length - 1));
  return values.map((value) => LEVELS[level(value)]).join('');
}

/** A bar as long as the value is large, beside one of `most` that is whole. What is above nothing is seen. */
export function barOf(value: number, most: number): string {
  if (value <= 0) return '';
  return '█'.repeat(Math.max(1, Math.round((value / Math.max(most, value)) * BAR_WIDTH)));
}

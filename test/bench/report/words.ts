import { median } from '../statistics.ts';
import { type CpuUse, GENERATOR } from '../system/cpu.ts';
import type { Figure } from './row.ts';

/** With as many digits as mean something. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** `23,675/s (17,363 to 25,001)`: the median, and where there was more than one round the lowest and the highest. */
export function figureText({ values, unit }: Figure): string {
  const range =
    values.length > 1 ? ` (${number(Math.min(...values))} to ${number(Math.max(...values))})` : '';
  return `${number(median(values))}${unit}${range}`;
}

/** Above this share of one core, a load generator of one thread can't be told from the limit. */
const GENERATOR_AT_ITS_LIMIT = 0.9;

/** Medians over the rounds, largest first: `nginx 21.3 µs, query-1 38.0 µs; load generator 14.1 µs; machine 98 % busy`. */
export function cpuText(rounds: readonly CpuUse[]): string {
  const names = [...new Set(rounds.flatMap(({ micros }) => Object.keys(micros)))];
  const medians = names
    .map((name) => ({ name, micros: median(rounds.map(({ micros }) => micros[name] ?? 0)) }))
    .filter(({ micros }) => micros >= 0.05)
    .sort((a, b) => b.micros - a.micros);
  const text = ({ name, micros }: (typeof medians)[number]) => `${name} ${number(micros)} µs`;
  const share = Math.max(...rounds.map(({ generatorShare }) => generatorShare));
  const busy = median(rounds.map(({ machineShare }) => machineShare));
  return [
    medians
      .filter(({ name }) => name !== GENERATOR)
      .map(text)
      .join(', '),
    ...medians.filter(({ name }) => name === GENERATOR).map(text),
    `the machine ${Math.round(busy * 100)} % busy`,
    ...(share > GENERATOR_AT_ITS_LIMIT ? ['**the load generator was the limit**'] : []),
  ].join('; ');
}

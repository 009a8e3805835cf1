import type { Definition, ParameterType } from '../../../projector/history/definition.ts';
import { metrics } from '../../../projector/history/metrics.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { addMonths } from '../../../shared/calendar.ts';
import { figure, type Row, target } from '../report/row.ts';
import { median } from '../statistics.ts';

const TIMES = 3;
const AT_MOST_SECONDS = 1;

/** Asks each metric about the last twelve months, as known now and as known half a year ago. */
export async function askEverything(pool: Pool, report: (row: Row) => void): Promise<void> {
  const now = Date.now();
  for (const metric of metrics) {
    const [today, before] = [
      await seconds(pool, metric, now),
      await seconds(pool, metric, addMonths(now, -6)),
    ];
    report({
      what: `${metric.name}, as known now`,
      figure: figure(today, ' s'),
      beside: { what: 'as known half a year ago', figure: figure(before, ' s') },
      target: target(`at most ${AT_MOST_SECONDS} s`, median(today) <= AT_MOST_SECONDS),
    });
  }
}

async function seconds(pool: Pool, { name, parameters }: Definition, known: number): Promise<number[]> {
  const values = parameters.map((parameter) => argumentOf(parameter, known));
  const places = values.map((_, i) => `$${i + 1}`).join(', ');
  const taken: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    const from = performance.now();
    await pool.query(`SELECT * FROM history.${name}(${places})`, values);
    taken.push((performance.now() - from) / 1000);
  }
  return taken;
}

/** Twelve months, from where the parameter is a beginning; else the moment itself. */
function argumentOf({ name, type }: { readonly name: string; readonly type: ParameterType }, known: number) {
  const begins = name.startsWith('first') || name === 'since';
  const at = new Date(begins ? addMonths(known, -12) : known);
  return type === 'timestamptz' ? at : at.toISOString().slice(0, 10);
}

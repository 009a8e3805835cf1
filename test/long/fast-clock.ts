import { registerHooks, syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import pg from 'pg';
import { fastTime, PACE, parsePace, withFastClock } from './pace.ts';

/*
 * Loaded ahead of a service (`node --import`), it makes the clocks of shared/clock.ts and PostgreSQL's run fast, and with
 * them the timers that wait for a minute or longer, which are about the business's time. Timeouts of connections, polls
 * and heartbeats are about machines, which are no faster: they stay as they are.
 *
 * libfaketime was rejected: it divides every wait of a process, so a deadline of 5 s would be 25 ms; it has no switch
 * against that; each process that starts counts from its own start; and a PostgreSQL under it ends sessions early, as it
 * sets its timers by the machine's clock and judges them by the fast one.
 */
const pace = parsePace(process.env[PACE]);
const LONG_MS = 60_000;

const CLOCKS = `
const fast = (real) => ${pace.from} + (real - ${pace.since}) * ${pace.speed};
export const systemClock = () => Math.floor(fast(Date.now()));
export const monotonicClock = () => performance.now() * ${pace.speed};
export const systemMicroseconds = () => Math.round(fast(performance.timeOrigin + performance.now()) * 1_000);
`;

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith('/shared/clock.ts')
      ? { format: 'module', source: CLOCKS, shortCircuit: true }
      : nextLoad(url, context),
});

type Statement = { text: string };
const { query, parse } = pg.Connection.prototype as unknown as {
  query(text: string): void;
  parse(statement: Statement): void;
};
Object.assign(pg.Connection.prototype, {
  query(text: string) {
    return query.call(this, withFastClock(pace, text));
  },
  parse(statement: Statement) {
    return parse.call(this, { ...statement, text: withFastClock(pace, statement.text) });
  },
});

const shorter = (ms: number | undefined): number | undefined =>
  ms !== undefined && ms >= LONG_MS ? ms / pace.speed : ms;

for (const name of ['setTimeout', 'setInterval'] as const) {
  const original = timers[name] as (work: () => void, ms?: number, ...rest: unknown[]) => NodeJS.Timeout;
  const faster = (work: () => void, ms?: number, ...rest: unknown[]) => original(work, shorter(ms), ...rest);
  Object.assign(timers, { [name]: faster });
  Object.assign(globalThis, { [name]: faster });
}
const original = timersPromises.setTimeout;
Object.assign(timersPromises, {
  setTimeout: (ms?: number, ...rest: [unknown?, object?]) => original(shorter(ms), ...rest),
});
syncBuiltinESMExports();

export const fastNow = (): number => fastTime(pace, Date.now());

/** A clock that runs faster than this machine's, the same in every process that knows these three numbers. */
export interface Pace {
  /** How many seconds it goes on in one. */
  readonly speed: number;
  /** The machine's time in milliseconds since 1970 at which it began, and the time that it showed then. */
  readonly since: number;
  readonly from: number;
}

/** What the fast clock shows when the machine's shows `real`. */
export const fastTime = ({ speed, since, from }: Pace, real: number): number => from + (real - since) * speed;

/** The environment variable that hands a pace on to the processes of the system. */
export const PACE = 'FAST_CLOCK';

export const formatPace = ({ speed, since, from }: Pace): string => [speed, since, from].join(' ');

/** @throws Error it is none */
export function parsePace(text: string | undefined): Pace {
  const [speed, since, from] = (text ?? '').split(' ').map(Number);
  if (!speed || !since || !from) throw new Error(`${PACE} is no pace: ${text}`);
  return { speed, since, from };
}

/** A call of PostgreSQL's clock, neither qualified by a schema nor part of another name. */
const CALL = /(?<![.\w"])(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)/g;

/** SQL in which PostgreSQL's clock is the fast one. */
export function withFastClock({ speed, since, from }: Pace, sql: string): string {
  const literal = (at: number) => `timestamptz '${new Date(at).toISOString()}'`;
  return sql.replace(
    CALL,
    (_, name) => `(${literal(from)} + (pg_catalog.${name}() - ${literal(since)}) * ${speed})`,
  );
}

/** The time in milliseconds since 1970. Passed in wherever time matters, so that a test can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Milliseconds of a clock that nobody sets, for how long ago something was. What orders or bounds waits needs none of these. */
export const monotonicClock = (): number => performance.now();

/** Microseconds since 1970: what an event store notes of an append is finer than a millisecond. */
export const systemMicroseconds = (): number =>
  Math.round((performance.timeOrigin + performance.now()) * 1_000);

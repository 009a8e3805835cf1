/**
 * An event's place in the whole log: EventStoreDB's commit and prepare position (unsigned 64 bit each).
 * Positions are totally ordered, commit first.
 */
export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Before every event. */
export const START: Position = { commit: 0n, prepare: 0n };

const MAX = 2n ** 63n - 1n;
const TEXT = /^(\d{1,19})\/(\d{1,19})$/;

/** The form used in headers, JSON, logs and Redis: `<commit>/<prepare>` in decimal. */
export const formatPosition = (position: Position): string => `${position.commit}/${position.prepare}`;

/** Reads what {@link formatPosition} wrote; undefined for anything else, or beyond PostgreSQL's bigint. */
export function parsePosition(text: string): Position | undefined {
  const match = TEXT.exec(text);
  if (!match) return undefined;
  const position = { commit: BigInt(match[1] as string), prepare: BigInt(match[2] as string) };
  return position.commit > MAX || position.prepare > MAX ? undefined : position;
}

/** Negative if `a` is before `b`, positive if after, 0 if the same. */
export function comparePositions(a: Position, b: Position): number {
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  if (a.prepare !== b.prepare) return a.prepare < b.prepare ? -1 : 1;
  return 0;
}

/** A text whose byte order is the order of positions (for Lua in Redis): 19 digits each. */
export const sortablePosition = (position: Position): string =>
  `${position.commit.toString().padStart(19, '0')}/${position.prepare.toString().padStart(19, '0')}`;

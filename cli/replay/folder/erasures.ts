import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position, parsePosition, START } from '../../../shared/event-log/position.ts';
import { decodeOwn, type EventReader } from '../../../shared/events/codec.ts';
import { userOfStream, userStream } from '../../../shared/events/streams.ts';
import type { Entry } from '../../export-folder/manifest.ts';
import type { Row } from '../formats/row.ts';
import { sourceEvents } from '../source/source.ts';

/** What other people made up and may have put something personal into: erasing takes it out of exports that are kept. */
const OF_OTHERS = ['clientId', 'externalId'] as const;

const has = (data: Readonly<Record<string, unknown>>): boolean =>
  OF_OTHERS.some((name) => typeof data[name] === 'string');

/** A row without what an erasure takes. */
export function blanked(row: Row): Row {
  if (!has(row.data)) return row;
  const nulls = OF_OTHERS.filter((name) => name in row.data).map((name) => [name, null]);
  return { ...row, data: { ...row.data, ...Object.fromEntries(nulls) } };
}

export interface ErasureSearch {
  readonly log: EventLog;
  readonly reader: EventReader;
  readonly after: Position | undefined;
  /** Inclusive. */
  readonly end: Position;
  readonly signal: AbortSignal;
}

/** Who was erased in a stretch of the log, and at which position. @throws UnknownEvent */
export async function erasedUsers({ reader, ...range }: ErasureSearch): Promise<Map<string, Position>> {
  const erased = new Map<string, Position>();
  for await (const batch of sourceEvents({ ...range, users: [] })) {
    for (const event of batch) {
      if (event.type !== 'UserErased') continue;
      const user = decodeOwn(reader, event) && userOfStream(event.stream);
      if (user !== undefined) erased.set(user, event.position);
    }
  }
  range.signal.throwIfAborted();
  return erased;
}

export const positionOf = (text: string | null): Position => parsePosition(text ?? '') ?? START;

/** The part that an event stands in, by its position; parts are in the log's order. */
export function partAt(parts: readonly Entry[], position: Position): Entry | undefined {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comparePositions(positionOf(parts[middle]?.last ?? null), position) < 0) low = middle + 1;
    else high = middle;
  }
  const part = parts[low];
  return part && comparePositions(positionOf(part.first), position) <= 0 ? part : undefined;
}

export interface Affected {
  readonly entry: Entry;
  /** How many events lose an id, by user. */
  readonly users: Map<string, number>;
}

/** In which parts something of these users still stands that their erasure takes, by file. Reads their streams. */
export async function affectedBy(
  erased: ReadonlyMap<string, Position>,
  parts: readonly Entry[],
  types: readonly string[],
  log: EventLog,
): Promise<Map<string, Affected>> {
  const affected = new Map<string, Affected>();
  for (const [user, at] of erased) {
    if (!parts.some((part) => isOpen(part, at))) continue;
    for await (const { type, data, position } of log.readStream(userStream(user))) {
      if (!has(data) || (types.length > 0 && !types.includes(type))) continue;
      const entry = partAt(parts, position);
      if (!entry || !isOpen(entry, at)) continue;
      const found = affected.get(entry.file) ?? { entry, users: new Map() };
      found.users.set(user, (found.users.get(user) ?? 0) + 1);
      affected.set(entry.file, found);
    }
  }
  return affected;
}

/** Whoever is in any of them. */
export const usersIn = (affected: ReadonlyMap<string, Affected>): number =>
  new Set([...affected.values()].flatMap(({ users }) => [...users.keys()])).size;

/** Whether the erasure at that position is not in the part yet. */
const isOpen = (part: Entry, erasedAt: Position): boolean =>
  comparePositions(positionOf(part.erased_to), erasedAt) < 0;

import type { EventLog, RecordedEvent } from '../../shared/event-log.ts';
import type { EventReader } from '../../shared/events/codec.ts';
import { comparePositions, type Position, parsePosition } from '../../shared/events/position.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { Progress } from '../progress.ts';
import type { Criteria } from './options/criteria.ts';
import { type Item, placeOf, type Sink } from './sinks/sink.ts';
import { openPersonalOf } from './source/personal.ts';
import { createSelection, type DecodedEvent } from './source/selection.ts';
import { type Place, sourceEvents } from './source/source.ts';

export interface ExportRun {
  readonly log: EventLog;
  readonly reader: EventReader;
  /** Opens personal data; without it they are left out. */
  readonly vault: Pick<Vault, 'dataKeys'> | undefined;
  readonly criteria: Criteria;
  readonly sink: Sink;
  /** Where the log ended when the export began. */
  readonly end: Place | undefined;
  /** Up to where an earlier run came, and how many events it exported. */
  readonly done?: { readonly place: Place | undefined; readonly events: number };
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

type Picked = Omit<Item, 'personal'>;

/**
 * Hands the wanted events to the sink, in the log's order, and ends where the log ended at the start.
 * @returns the events exported, those of earlier runs included, and whether it came to its end or to the signal's
 */
export async function runExport(run: ExportRun): Promise<{ events: number; isComplete: boolean }> {
  const { criteria, sink, signal } = run;
  const selection = createSelection(criteria, run.reader);
  const range = rangeOf(run);
  let events = run.done?.events ?? 0;
  const toItems = async (picked: readonly Picked[]): Promise<Item[]> => {
    if (!run.vault) return picked.map((item) => ({ ...item, personal: undefined }));
    const opened = await openPersonalOf(
      picked.map(({ decoded }) => decoded),
      run.vault,
      run.reader,
    );
    return picked.map((item, i) => ({ ...item, personal: opened[i] }));
  };

  if (range) {
    const source = run.vault ? gathered(batches(run, range)) : batches(run, range);
    for await (const batch of source) {
      const picked: Picked[] = [];
      for (const recorded of batch) {
        if (range.isBefore(recorded.position)) selection.observe(recorded);
        else push(picked, recorded, selection.pick(recorded));
      }
      if (picked.length > 0) await sink.take(await toItems(picked));
      events += picked.length;
      const last = batch.at(-1) as RecordedEvent;
      if (!range.isBefore(last.position)) await sink.passed(placeOf(last));
      run.progress.update({ count: events, fraction: range.fraction(last.position) });
    }
  }
  if (signal.aborted) await sink.interrupt();
  else await sink.finish();
  return { events, isComplete: !signal.aborted };
}

function push(picked: Picked[], recorded: RecordedEvent, decoded: DecodedEvent | undefined): void {
  if (decoded) picked.push({ recorded, decoded });
}

const position = (text: string | undefined): Position | undefined =>
  text === undefined ? undefined : parsePosition(text);
const isBehind = (a: Position, b: Position | undefined): boolean => !b || comparePositions(a, b) > 0;

type Range = NonNullable<ReturnType<typeof rangeOf>>;

/** What of the log is read, and what of that may come out; undefined if that is nothing. */
function rangeOf({ criteria, end, done }: ExportRun) {
  if (!end) return undefined;
  const [from, to] = [position(criteria.from), position(criteria.to)];
  const last = to && comparePositions(to, end.position) < 0 ? to : end.position;
  const resumed = done?.place?.position;
  const after = resumed ?? position(criteria.after);
  // Which plan a user is on is known only from the beginning.
  const readsAll = criteria.plans.length > 0;
  const first = after ?? from;
  const [zero, width] = [Number(first?.commit ?? 0n), Number(last.commit - (first?.commit ?? 0n))];
  return {
    last,
    after: readsAll ? undefined : after,
    from: readsAll || resumed ? undefined : from,
    isBefore: (place: Position) => !isBehind(place, after) || (from && comparePositions(place, from) < 0),
    fraction: (place: Position) =>
      width <= 0 ? 1 : Math.min(Math.max((Number(place.commit) - zero) / width, 0), 1),
  };
}

/** The vault is asked once a batch. A batch of the log's is small for that: a quarter more processor time, measured. */
const VAULT_BATCH = 2_000;

async function* gathered(
  source: AsyncIterable<readonly RecordedEvent[]>,
): AsyncGenerator<RecordedEvent[], void> {
  let held: RecordedEvent[] = [];
  for await (const batch of source) {
    held = held.concat(batch);
    if (held.length < VAULT_BATCH) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

async function* batches({ log, criteria, signal }: ExportRun, { last, after, from }: Range) {
  const { users } = criteria;
  // A subscription begins behind a position; the event that stands there comes first.
  const first = from && users.length === 0 ? await log.readEventAt(from) : undefined;
  if (first && comparePositions(first.position, last) <= 0) yield [first];
  yield* sourceEvents({ log, users, after: after ?? first?.position, end: last, signal });
}

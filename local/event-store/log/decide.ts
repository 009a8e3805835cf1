import { type AppendRequest, NO_STREAM } from './stored-event.ts';

/** What has to be known of the log to decide an append. Everything includes appends that are not committed yet. */
export interface StreamFacts {
  /** The stream's last revision, -1 if it has no events. */
  readonly current: number;
  /** The event with this id, if it was appended to this stream lately. */
  recent(id: string): Place | undefined;
  /** The events of the stream from a revision on, in order, at most `count`. */
  history(from: number, count: number): Promise<readonly (Place & { readonly id: string })[]>;
}

export interface Place {
  readonly revision: number;
  readonly position: number;
}

export type Decision =
  | { readonly kind: 'append' }
  /** These very events are there already, by their ids: answered as if they had been appended now. */
  | { readonly kind: 'repeat'; readonly last: Place }
  | { readonly kind: 'wrong_expected_revision' };

const APPEND: Decision = { kind: 'append' };
const WRONG: Decision = { kind: 'wrong_expected_revision' };

/**
 * Decides an append exactly as EventStoreDB does (IndexWriter.CheckCommit): ids alone are compared, never contents, and
 * only where the expected revision lies before the stream's end, or where none is given. Without an expected
 * revision only ids appended lately are known (EventStoreDB keeps them in a bounded memory; so does this server).
 */
export async function decide(request: AppendRequest, facts: StreamFacts): Promise<Decision> {
  const { expected } = request;
  if (expected === 'any') return decideUnordered(request, facts);
  if (expected === 'stream_exists') return facts.current < 0 ? WRONG : decideUnordered(request, facts);
  const revision = expected === 'no_stream' ? NO_STREAM : expected;
  if (revision === facts.current) return APPEND;
  return revision > facts.current ? WRONG : decideBeforeEnd(request, revision, facts);
}

/** Without an expected revision: all ids known is a repeat, the first unknown is new, a mixture is an error. */
function decideUnordered(request: AppendRequest, facts: StreamFacts): Decision {
  let last: Place | undefined;
  for (const event of request.events) {
    const place = facts.recent(event.id);
    if (!place) return last ? WRONG : APPEND;
    last = place;
  }
  return last ? { kind: 'repeat', last } : APPEND;
}

/** A repeat if the events right after the expected revision, which is before the end, have these ids. */
async function decideBeforeEnd(
  request: AppendRequest,
  expected: number,
  facts: StreamFacts,
): Promise<Decision> {
  let stored: Map<number, Place & { readonly id: string }> | undefined;
  let last: Place | undefined;
  for (const [index, event] of request.events.entries()) {
    const revision = expected + 1 + index;
    const recent = facts.recent(event.id);
    if (recent?.revision === revision) {
      last = recent;
      continue;
    }
    if (!stored) {
      const rows = await facts.history(expected + 1, request.events.length);
      stored = new Map(rows.map((row) => [row.revision, row]));
    }
    const place = stored.get(revision);
    if (place?.id !== event.id) return WRONG;
    last = place;
  }
  return last ? { kind: 'repeat', last } : WRONG;
}

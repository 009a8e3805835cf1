import type { EventLog, RecordedEvent } from '../../shared/event-log/event-log.ts';
import type { EventReader } from '../../shared/events/codec.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { Progress } from '../output/progress.ts';
import type { Criteria } from './options/criteria.ts';
import type { Item, Sink } from './sinks/sink.ts';
import type { Days } from './source/days.ts';
import { openPersonalOf } from './source/personal.ts';
import { rangeOf } from './source/range.ts';
import { createSelection, type DecodedEvent } from './source/selection.ts';
import { endOfLog, stretchEvents } from './source/source.ts';
import type { Stretch } from './source/source-options.ts';
import { foreignWords, nameOf } from './source/words.ts';

export interface ExportRun {
  readonly log: EventLog;
  readonly reader: EventReader;
  /** Opens personal data; without it they are left out. */
  readonly vault: Pick<Vault, 'dataKeys'> | undefined;
  readonly criteria: Criteria;
  /** Where the events of the wanted times stand, if that is known. */
  readonly days: Days | undefined;
  readonly sink: Sink;
  readonly progress: Progress;
  /** Tells the person who exports, on a line of its own. */
  readonly warn: (line: string) => void;
  readonly signal: AbortSignal;
}

type Picked = Omit<Item, 'personal'>;

/**
 * Hands the wanted events to the sink, in the log's order, up to where the log ends now: an export that followed the log
 * would never end. The sink is left to be finished or interrupted.
 * @returns the events that were handed over; those so far if the signal aborted
 * @throws PlanUnknown a plan is asked for that no event names
 */
export async function runExport(run: ExportRun): Promise<number> {
  const { criteria, sink, signal, log } = run;
  const selection = createSelection(criteria, run.reader, (event) => run.warn(foreignWords(event)));
  const end = await endOfLog(log);
  if (!end) return 0;
  const range = rangeOf(criteria, end, run.days);
  let events = 0;
  for await (const batch of run.vault
    ? gathered(batches(run, range.stretches))
    : batches(run, range.stretches)) {
    const picked: Picked[] = [];
    for (const recorded of batch) {
      if (range.isBefore(recorded.position)) selection.observe(recorded);
      else push(picked, recorded, selection.pick(recorded));
    }
    if (picked.length > 0) await sink.take(await opened(picked, run));
    events += picked.length;
    const last = batch.at(-1) as RecordedEvent;
    run.progress.update({ count: events, fraction: range.fraction(last.position) });
  }
  if (!signal.aborted) selection.checkPlans();
  return events;
}

function push(picked: Picked[], recorded: RecordedEvent, decoded: DecodedEvent | undefined): void {
  if (decoded) picked.push({ recorded, decoded });
}

async function opened(picked: readonly Picked[], { vault, reader, warn }: ExportRun): Promise<Item[]> {
  if (!vault) return picked.map((item) => ({ ...item, personal: undefined }));
  const events = picked.map(({ decoded }) => decoded);
  const personal = await openPersonalOf(events, vault, reader, (i) => {
    warn(
      `${nameOf((picked[i] as Picked).recorded)}: its personal data is damaged, or was encrypted under another key. It is exported without; the rest goes on.`,
    );
  });
  return picked.map((item, i) => ({ ...item, personal: personal[i] }));
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

async function* batches({ log, criteria: { users }, signal }: ExportRun, stretches: readonly Stretch[]) {
  for (const stretch of stretches) yield* stretchEvents({ log, users, signal }, stretch);
}

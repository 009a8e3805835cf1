import { showState } from '../../query-service/queries/show-state.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { systemClock } from '../../shared/clock.ts';
import { formatPosition } from '../../shared/event-log/position.ts';
import { showEntry } from '../../shared/history/show.ts';
import type { Timeline, TimelineEntry } from '../../shared/history/timeline.ts';
import { isUuid } from '../../shared/ids.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { parsePast } from '../command-line/times.ts';
import { readLogConfig } from '../config.ts';
import { openHistory, skippedOf, userByEmail } from '../history/read.ts';
import { TABLE_HEADER, tableLine } from '../history/table.ts';
import { entryText, type Paint, paintFor, stateText } from '../history/timeline-text.ts';
import { exact } from '../history/words.ts';
import { toolLogger } from '../logger.ts';
import { LineWriter } from '../output/line-writer.ts';
import { ReaderGone } from '../output/stream-writer.ts';
import { openVault } from '../replay/source/vault.ts';

interface Question {
  /** A user's id, or an email address. */
  readonly user: string;
  /** Milliseconds since 1970; undefined: all that there is. */
  readonly asOf: number | undefined;
  readonly withPersonal: boolean;
  readonly json: boolean;
  /** The state alone, without the events. */
  readonly stateAlone: boolean;
}

/** @throws UsageError */
function readArguments(args: readonly string[]): Question {
  const { values, positionals } = parseOptions(args, {
    options: {
      'as-of': { type: 'string' },
      'with-personal': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      state: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [user, ...rest] = positionals;
  if (user === undefined || rest.length > 0) throw new UsageError("give one user's id or email address");
  if (!isUuid(user) && !user.includes('@')) {
    throw new UsageError(`expected a user's id (a UUID) or email address, not "${user}"`);
  }
  const asOf = values['as-of'];
  return {
    user,
    asOf: asOf === undefined ? undefined : parsePast('--as-of', asOf, systemClock()),
    withPersonal: values['with-personal'],
    json: values.json,
    stateAlone: values.state,
  };
}

type Entries = AsyncIterable<TimelineEntry>;

type Found = Question & { readonly userId: string };

/** When a state is judged. A clock that is behind judges as of the last event, which has happened all the same. */
const judgedAt = ({ asOf }: Question, { latest }: Timeline): number =>
  asOf ?? Math.max(systemClock(), latest);

async function onTerminal(question: Found, timeline: Timeline, entries: Entries, out: LineWriter) {
  const { userId, asOf, stateAlone } = question;
  const paint: Paint = paintFor(process.stdout.hasColors?.() ?? false);
  if (!stateAlone) {
    const end = asOf === undefined ? '' : `, up to ${exact(new Date(asOf).toISOString())}`;
    await out.write(paint('bold', `History of ${userId}${end}`), '');
  }
  let last: TimelineEntry | undefined;
  for await (const entry of entries) {
    if (!stateAlone) await out.write(...entryText(entry, last?.state, paint));
    last = entry;
  }
  const at = judgedAt(question, timeline);
  await out.write(
    ...(stateAlone ? [] : ['']),
    ...stateText(timeline.state, { at, last: last?.recorded }, paint),
  );
}

async function forPrograms(question: Found, timeline: Timeline, entries: Entries, out: LineWriter) {
  const { userId, json, stateAlone, withPersonal } = question;
  if (!json && !stateAlone) await out.write(TABLE_HEADER);
  let last: TimelineEntry | undefined;
  for await (const entry of entries) {
    last = entry;
    if (stateAlone) continue;
    const shown = showEntry(entry);
    await out.write(json ? JSON.stringify(shown) : tableLine(shown));
  }
  if (!stateAlone) return;
  const at = judgedAt(question, timeline);
  const state = showState(timeline.state, at, { personal: withPersonal });
  const end = last && { revision: last.recorded.revision, position: formatPosition(last.recorded.position) };
  await out.write(
    JSON.stringify({ user_id: userId, as_of: new Date(at).toISOString(), last_event: end ?? null, state }),
  );
}

async function run(asked: Question, io: Io): Promise<void> {
  const config = readLogConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  const { user, asOf, json } = asked;
  const database = { connectionString: config.DATABASE_URL, logger };
  const userId = isUuid(user) ? user.toLowerCase() : await userByEmail(user, database);
  const question = { ...asked, userId };
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const vault = asked.withPersonal ? await openVault() : undefined;
  const out = new LineWriter(process.stdout);
  try {
    const skipped = await skippedOf(userId, { ...database, io });
    const { timeline, entries } = await openHistory({ userId, asOf, log, skipped, vault: vault?.vault });
    const show = process.stdout.isTTY && !json ? onTerminal : forPrograms;
    await show(question, timeline, entries, out);
    await out.flush();
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  } finally {
    await Promise.all([log.close(), vault?.close()]);
  }
}

/** One customer's events as a timeline, with the state after each. */
export const history: Command = {
  name: 'history',
  summary: "show a customer's events, and the state after each",
  usage: `history <user_id | email> [--as-of TIME] [--with-personal] [--state] [--json]

Reads the event log itself. On a terminal: a timeline, then the state. Piped: one line an event, tab-separated, with the
state after it in columns of its own.

  --as-of TIME     events up to that time, and the state as of it; all events, and the state now, unless given. ISO 8601
                   with a zone, or a date (its start in UTC)
  --with-personal  opens personal data (email, names of clients, reasons); needs the vault's key. What was erased stays
                   erased, also in the past
  --state          the state alone: piped, or with --json, as one JSON object with all licenses; last_event says
                   which event it ends with
  --json           one JSON object an event, also on a terminal

An email address is looked up in the read models, which know that of no erased user.

Settings: EVENTSTORE_URL, DATABASE_URL; VAULT_DATABASE_URL, VAULT_MASTER_KEY or VAULT_MASTER_KEY_FILE for --with-personal.`,
  run: (args, io) => run(readArguments(args), io),
};

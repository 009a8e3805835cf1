import { type ListedEvent, listParked, type Marking, markParked } from '../../projector/parked/parked.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { isUuid } from '../../shared/ids.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { readDatabaseConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { writeTable } from '../output/table.ts';

const HEADER = ['event_id', 'user_id', 'revision', 'type', 'attempts', 'mark', 'created_at', 'cause'];

function row(event: ListedEvent): unknown[] {
  const { event_id, user_id, revision, type, attempts, mark, created_at, cause } = event;
  return [event_id, user_id, revision, type, attempts, mark, created_at.toISOString(), cause];
}

function readMarking(eventId: string | undefined, userId: string | undefined, all: boolean): Marking {
  const given = [eventId, userId, all || undefined].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError('name one event, or give --user <id> or --all');
  if (all) return { all };
  const id = eventId ?? userId ?? '';
  if (!isUuid(id)) throw new UsageError(`${id} is no UUID`);
  return eventId === undefined ? { userId: id } : { eventId: id };
}

async function mark(db: Parameters<typeof markParked>[0], marking: Marking, as: 'retry' | 'skip', io: Io) {
  const { marked, first } = await markParked(db, marking, as);
  if (first) {
    throw new UsageError(
      `${first.event_id} of the same user (${first.type}, revision ${first.revision}) is parked before it: settle that one first`,
    );
  }
  if (marked.length === 0 && !('all' in marking))
    throw new UsageError('no such event or user is parked; see: parked list');
  writeTable(io, undefined, marked.map(row));
  io.err(`Marked ${marked.length}: the active projector settles them now. See: parked list`);
}

/** Shows and marks the events that could not be projected. */
export const parked: Command = {
  name: 'parked',
  summary: 'list, retry or skip the events that could not be projected',
  usage: `parked list
       parked retry <event_id> | --user <id> | --all
       parked skip <event_id> | --user <id>

An event that can't be projected is parked, with the later ones of the same user; everyone else goes on.
  retry  apply it and the later ones: after the cause was removed
  skip   leave it out for good and apply the later ones; a rebuild leaves it out too
Both only mark the first parked event of a user; the active projector settles it within a second or two, and what
fails again stays parked, with the new cause. Standard output has the events (piped: tab-separated).

Settings: DATABASE_URL.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: { user: { type: 'string' }, all: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [action, eventId, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('too many arguments');
    if (action !== 'list' && action !== 'retry' && action !== 'skip') {
      throw new UsageError('say what to do: list, retry or skip');
    }
    if (action === 'skip' && values.all) throw new UsageError('skip leaves events out for good: name them');
    const marking = action === 'list' ? undefined : readMarking(eventId, values.user, values.all);
    if (action === 'list' && (eventId ?? values.user ?? (values.all || undefined)) !== undefined) {
      throw new UsageError('list takes nothing more');
    }
    const config = readDatabaseConfig();
    const logger = toolLogger(config.LOG_LEVEL);
    const pool = createPool({
      connectionString: config.DATABASE_URL,
      applicationName: 'cli parked',
      max: 1,
      logger,
    });
    try {
      if (marking && action !== 'list') return await mark(pool, marking, action, io);
      const events = await listParked(pool);
      writeTable(io, HEADER, events.map(row));
    } finally {
      await pool.end();
    }
  },
};

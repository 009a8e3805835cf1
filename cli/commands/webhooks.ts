import { loadEndpoints } from '../../projector/notifier/webhooks/endpoints.ts';
import { type ReplayOptions, replayWebhooks } from '../../projector/notifier/webhooks/replay.ts';
import { UserStates } from '../../projector/notifier/webhooks/user-states.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { type Position, parsePosition } from '../../shared/event-log/position.ts';
import { createReader } from '../../shared/events/codec.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { interruptible } from '../command-line/interruption.ts';
import { readDatabaseConfig, readWebhooksConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { createProgress } from '../output/progress.ts';
import { writeTable } from '../output/table.ts';
import { openVault } from '../replay/source/vault.ts';

const HEADER = ['webhook_id', 'status', 'disabled_reason', 'product', 'types', 'pending', 'failed', 'url'];

const COUNTS = `
SELECT webhook_id, count(*) FILTER (WHERE status = 'pending')::int AS pending,
  count(*) FILTER (WHERE status = 'failed')::int AS failed
FROM notifications.deliveries WHERE status <> 'delivered' GROUP BY webhook_id`;

const poolOf = (connectionString: string, level: Parameters<typeof toolLogger>[0]): Pool =>
  createPool({ connectionString, applicationName: 'cli webhooks', max: 2, logger: toolLogger(level) });

async function list(io: Io): Promise<void> {
  const { DATABASE_URL, LOG_LEVEL } = readDatabaseConfig();
  const pool = poolOf(DATABASE_URL, LOG_LEVEL);
  try {
    const { rows } = await pool.query<{ webhook_id: string; pending: number; failed: number }>(COUNTS);
    const counts = new Map(rows.map((row) => [row.webhook_id, row]));
    const lines = [...(await loadEndpoints(pool)).values()]
      .filter(({ status }) => status !== 'removed')
      .map((one) => {
        const { pending = 0, failed = 0 } = counts.get(one.webhookId) ?? {};
        const types = one.types?.join(',') ?? 'all';
        return [
          ...[one.webhookId, one.status, one.disabledReason, one.product ?? 'all', types],
          ...[pending, failed, one.url],
        ];
      });
    writeTable(io, HEADER, lines);
  } finally {
    await pool.end();
  }
}

type Asked = Pick<ReplayOptions, 'from' | 'to' | 'webhookId' | 'again'>;

/** @throws UsageError */
function positionOf(option: string, text: string): Position {
  const position = parsePosition(text);
  if (position) return position;
  throw new UsageError(`${option}: expected a position such as 1234/1234, not "${text}"`);
}

async function replay(asked: Asked, io: Io): Promise<void> {
  const config = readWebhooksConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  const pool = poolOf(config.DATABASE_URL, config.LOG_LEVEL);
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  const { vault, close } = await openVault();
  const reader = createReader();
  const progress = createProgress({ stream: process.stderr, unit: 'deliveries' });
  let leftOut = 0;
  try {
    const enqueued = await interruptible(async (signal) => {
      const states = new UserStates({ log, reader, vault, db: pool });
      const count = await replayWebhooks({
        ...asked,
        ...{ log, reader, pool, states, logger, signal },
        leftOut: { inc: () => void leftOut++ },
        onProgress: (_at, sofar) => progress.update({ count: sofar, fraction: undefined }),
      });
      signal.throwIfAborted();
      return count;
    });
    progress.end();
    io.out(String(enqueued));
    io.err(`Enqueued ${enqueued} deliveries: the notifier sends them, in order within each user.`);
    if (leftOut > 0)
      io.err(
        `Left out ${leftOut} events that the read models do not hold: see parked list, then replay again.`,
      );
  } finally {
    progress.end();
    await Promise.all([log.close(), pool.end(), close()]);
  }
}

/** Shows the webhooks, and tells them of what is in the log already. */
export const webhooks: Command = {
  name: 'webhooks',
  summary: 'list the webhooks, or tell them of earlier events again',
  usage: `webhooks list
       webhooks replay --from <position> [--to <position>] [--webhook <webhook_id>] [--again]

  list    each webhook, with how many of its deliveries wait or have failed
  replay  enqueues the deliveries of the events from that position on, as far as the notifier has got: what a webhook
          missed while it was disabled, say. Each has the resource as it was then. To all that are enabled, or to one
  --to      the last event
  --again   sends also what is among the deliveries that are kept, whatever has become of it

A position is what Event-Position, a customer's history and data.event.position of a delivery say. Run again it enqueues only
what is not there yet, so after an interruption just run it again. Standard output has how many were enqueued.

Settings: DATABASE_URL; for replay also VAULT_DATABASE_URL, EVENTSTORE_URL, VAULT_MASTER_KEY or VAULT_MASTER_KEY_FILE.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        webhook: { type: 'string' },
        again: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [action, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError('too many arguments');
    const { from, to, webhook: webhookId, again } = values;
    if (action === 'list') {
      if (from ?? to ?? webhookId ?? (again || undefined)) throw new UsageError('list takes nothing more');
      return list(io);
    }
    if (action !== 'replay') throw new UsageError('say what to do: list or replay');
    if (from === undefined) throw new UsageError('say from which event on: --from <position>');
    const until = to === undefined ? undefined : positionOf('--to', to);
    return replay({ from: positionOf('--from', from), to: until, webhookId, again }, io);
  },
};

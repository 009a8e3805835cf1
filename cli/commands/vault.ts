import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool, type Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log/event-log.ts';
import { staffOfStream, userOfStream } from '../../shared/events/streams.ts';
import { insertTombstones, selectDataKeys } from '../../shared/vault/statements.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { readVaultConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

const BATCH = 1_000;

/**
 * Makes a tombstone for every user whose erasure stands in the log, whatever its version, and for everybody who was removed from
 * the staff. No master key is needed.
 * @returns how many erasures the log holds, and how many of them the vault did not know
 */
export async function applyErasures(
  log: EventLog,
  vault: Queryable,
): Promise<{ readonly found: number; readonly applied: number }> {
  const erased = new Set<string>();
  let found = 0;
  let applied = 0;
  const flush = async () => {
    applied += await insertTombstones(vault, [...erased]);
    found += erased.size;
    erased.clear();
  };
  for await (const { type, stream } of log.readAll()) {
    const id = erasedBy(type, stream);
    if (id === undefined) continue;
    erased.add(id);
    if (erased.size >= BATCH) await flush();
  }
  await flush();
  return { found, applied };
}

const erasedBy = (type: string, stream: string): string | undefined => {
  if (type === 'UserErased') return userOfStream(stream);
  return type === 'StaffRemoved' ? staffOfStream(stream) : undefined;
};

/**
 * The users and members of staff whose personal data is in the log and whose key is nowhere: they came after the backup that was restored.
 */
export async function missingKeys(log: EventLog, vault: Queryable): Promise<string[]> {
  const sealed = new Set<string>();
  const missing: string[] = [];
  const flush = async () => {
    const known = new Set((await selectDataKeys(vault, [...sealed])).map((row) => row.user_id));
    missing.push(...[...sealed].filter((userId) => !known.has(userId)));
    sealed.clear();
  };
  const seen = new Set<string>();
  for await (const { stream, data } of log.readAll()) {
    const id = userOfStream(stream) ?? staffOfStream(stream);
    if (id === undefined || seen.has(id) || !isSealed(data)) continue;
    seen.add(id);
    sealed.add(id);
    if (sealed.size >= BATCH) await flush();
  }
  await flush();
  return missing;
}

const isSealed = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'personal' in data && typeof data.personal === 'string';

async function tellMissing(log: EventLog, vault: Queryable, writeOff: boolean, io: Io): Promise<void> {
  const missing = await missingKeys(log, vault);
  for (const userId of missing) io.out(userId);
  if (writeOff) await insertTombstones(vault, missing);
  io.err(
    missing.length === 0
      ? 'Every user of the log has a key, or a tombstone.'
      : `${missing.length} users of the log have no key. ${writeOff ? 'Their personal data reads as empty now; erase them, so that their email addresses are free.' : 'Restore a later backup, or add --write-off.'}`,
  );
}

/** What a vault needs beside its services. */
export const vault: Command = {
  name: 'vault',
  summary: 'bring a restored key vault up to the erasures in the log',
  usage: `vault apply-erasures
       vault missing [--write-off]

A backup of the vault still holds the keys of people who were erased after it was made. Run this after restoring
one, before any service is started: every UserErased in the log is applied to it. Done again it changes nothing.
Prints how many keys were replaced by tombstones.

Nor does it hold the keys of people who signed up after it was made: their personal data is lost, and whatever reads it
stops. missing prints their user ids. If no later backup has them, --write-off has their personal data read as empty, as
if they were erased; erase them then through the API, which makes their email address free to sign up again.

Settings: EVENTSTORE_URL, DATABASE_URL, VAULT_DATABASE_URL.`,
  async run(args, io) {
    const { positionals, values } = parseOptions(args, {
      options: { 'write-off': { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const action = positionals.join(' ');
    if (action !== 'apply-erasures' && action !== 'missing')
      throw new UsageError('say what to do: apply-erasures or missing');
    if (values['write-off'] && action !== 'missing') throw new UsageError('--write-off belongs to missing');
    const config = readVaultConfig();
    const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
    const pool = createPool({
      connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
      applicationName: 'cli vault',
      max: 1,
      logger: toolLogger(config.LOG_LEVEL),
    });
    try {
      if (action === 'missing') return await tellMissing(log, pool, values['write-off'], io);
      const { found, applied } = await applyErasures(log, pool);
      io.out(String(applied));
      io.err(`The log holds ${found} erasures; the vault did not know ${applied} of them, and does now.`);
    } finally {
      await Promise.all([log.close(), pool.end()]);
    }
  },
};

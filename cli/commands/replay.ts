import { type Command, parseOptions, UsageError } from '../command-line/command.ts';
import { exportEvents } from '../replay/export-events.ts';
import { eraseEvents, exportIntoFolder, verifyEvents } from '../replay/folder/run.ts';
import { parseReplayOptions } from '../replay/options/options.ts';

/** Exports events for analysts. */
export const replay: Command = {
  name: 'replay',
  summary: 'export events to files, a folder that is kept up, or a Kafka topic',
  usage: `replay [--format ndjson|csv|parquet] [--out FILE] [filters] [--with-personal]
       replay --format parquet --partition month --out DIR [--type TYPE]… [--to P]
       replay verify|erase DIR
       replay --topic NAME [filters]

Exports events in the log's order, up to where the log ends when it starts; a replay without filters is all of them.
docs/analysts.md describes the fields, and how other tools read them.

Where to
  --format ndjson     one JSON object a line (the default)
           csv        RFC 4180, with a header; the event's payload as JSON in the column data
           parquet    typed columns, Zstandard
  --out FILE          into a file instead of standard output. Until it is complete it is FILE.part
  --topic NAME        into a Kafka topic: records as the relay writes them (CloudEvents), personal data sealed

An export that was interrupted is begun again with the same command. A long one is better made in several: --to P, then
--after P. Into a topic, Ctrl-C says which --after writes the rest.

A folder that is kept up
  --partition month   into DIR/month=2026-06/part-00001.parquet, … and DIR/manifest.json. Run again, it adds what came since:
                      only the last part of the last month is written again. A folder that somebody changed is left alone
  verify DIR          compares a folder with its manifest, and with what the log gives
  erase DIR           takes out of it the client ids and external ids of users who were erased since, and says whose

Filters: an event must pass all that are given; of one that is given several times, any
  --type TYPE         the event's type
  --user ID           events about that user: read from the user's streams alone
  --plan NAME         events of users on that plan: the one that their last start of a subscription, or change of plan,
                      up to and including the event names; also past the subscription's end. Reads the log from its start
  --since, --until T  the event's time: at or after, before. ISO 8601 with a zone, or a date (its start in UTC). Found by the
                      history tables where there are any (history-tables update); else the whole log is read
  --from, --after P   from the event at that position on, or behind it; P as it stands in the field position
  --to P              up to that position, inclusive

Personal data
  --with-personal     opens them into data.personal (empty for users that were erased), password hashes excepted. Without
                      it they are left out, and neither the vault nor its key is needed

Exit code 130 after Ctrl-C. A reader that goes (| head) ends it quietly.

Settings: EVENTSTORE_URL; HISTORY_DATABASE_URL or DATABASE_URL for --since and --until; KAFKA_… for --topic; DATABASE_URL,
VAULT_DATABASE_URL and VAULT_MASTER_KEY or VAULT_MASTER_KEY_FILE for --with-personal.`,
  async run(args, io) {
    const [action, ...rest] = args;
    if (action === 'verify') return verifyEvents(folderOf(action, rest), io);
    if (action === 'erase') return eraseEvents(folderOf(action, rest), io);
    const { criteria, target } = parseReplayOptions(args);
    if (target.kind === 'folder') return exportIntoFolder(target.folder, criteria, io);
    return exportEvents({ criteria, target }, io);
  },
};

/** @throws UsageError no folder, or more than one */
function folderOf(action: string, args: readonly string[]): string {
  const { positionals } = parseOptions(args, { options: {}, allowPositionals: true });
  const [folder] = positionals;
  if (folder && positionals.length === 1) return folder;
  throw new UsageError(`replay ${action} takes the name of one folder`);
}

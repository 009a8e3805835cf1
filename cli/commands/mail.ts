import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { isUuid } from '../../shared/ids.ts';
import {
  listMails,
  MAIL_STATUSES,
  type MailRow,
  type MailStatus,
  retryMails,
} from '../../shared/notifications/mails.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { readDatabaseConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { writeTable } from '../output/table.ts';

const HEADER = ['mail_id', 'user_id', 'kind', 'status', 'attempts', 'created_at', 'sent_at', 'last_error'];
const AT_MOST = 1_000;

const row = (mail: MailRow): unknown[] => [
  ...[mail.mail_id, mail.user_id, mail.kind, mail.status, mail.attempts],
  ...[mail.created_at.toISOString(), mail.sent_at?.toISOString() ?? '', mail.last_error ?? ''],
];

type Db = Parameters<typeof listMails>[0];

async function list(
  db: Db,
  status: MailStatus | undefined,
  userId: string | undefined,
  io: Io,
): Promise<void> {
  const mails = await listMails(db, { status, userId }, { after: undefined, limit: AT_MOST });
  writeTable(io, HEADER, mails.map(row));
  if (mails.length === AT_MOST) io.err(`These are the latest ${AT_MOST}; there may be more.`);
}

async function retry(db: Db, mailId: string | undefined, io: Io): Promise<void> {
  const count = await retryMails(db, mailId);
  if (count === 0 && mailId !== undefined)
    throw new UsageError('no such mail has failed; see: mail list --status failed');
  io.err(`${count} ${count === 1 ? 'mail is' : 'mails are'} tried again now, for a day. See: mail list`);
}

const isStatus = (text: string): text is MailStatus => (MAIL_STATUSES as readonly string[]).includes(text);

/** @throws UsageError */
function checkId(id: string | undefined): string | undefined {
  if (id !== undefined && !isUuid(id)) throw new UsageError(`${id} is no UUID`);
  return id;
}

/** Shows the mails to customers, and has those tried again that could not be sent. */
export const mail: Command = {
  name: 'mail',
  summary: 'list the mails to customers, or retry those that could not be sent',
  usage: `mail list [--status pending|sent|failed|dropped] [--user <id>]
       mail retry <mail_id> | --all

A mail that can't be sent is tried for a day, then it has failed; so has one that the mail server refuses for good. A link in it
works for a day from when it was asked for: after that the customer has to ask again.
Standard output has the mails, the latest first (piped: tab-separated). Texts, links and addresses are kept nowhere.

Settings: DATABASE_URL.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: {
        status: { type: 'string' },
        user: { type: 'string' },
        all: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [action, mailId, ...rest] = positionals;
    const { status, user, all } = values;
    if (action !== 'list' && action !== 'retry') throw new UsageError('say what to do: list or retry');
    if (rest.length > 0 || (action === 'list' && (mailId !== undefined || all)))
      throw new UsageError('too many arguments');
    if (action === 'retry' && (mailId !== undefined) === all)
      throw new UsageError('name one mail, or give --all');
    if (status !== undefined && !isStatus(status))
      throw new UsageError(`--status is one of ${MAIL_STATUSES.join(', ')}`);
    const [id, userId] = [checkId(mailId), checkId(user)];
    const config = readDatabaseConfig();
    const logger = toolLogger(config.LOG_LEVEL);
    const pool = createPool({
      connectionString: config.DATABASE_URL,
      applicationName: 'cli mail',
      max: 1,
      logger,
    });
    try {
      await (action === 'list' ? list(pool, status, userId, io) : retry(pool, id, io));
    } finally {
      await pool.end();
    }
  },
};

import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import { isUuid } from '../../shared/ids.ts';
import { ALL_SCOPES, isScope, type Scope } from '../../shared/tokens/scopes.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { readDatabaseConfig, readStaffConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { writeTable } from '../output/table.ts';
import { assertDone, changingStaff, request } from '../staff/change.ts';
import { listMembers, MEMBER_HEADER, memberLine } from '../staff/list.ts';

/** `all`, or names with commas between. @throws UsageError */
function scopesOf(text: string): Scope[] {
  if (text === 'all') return [...ALL_SCOPES];
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  const unknown = names.filter((name) => !isScope(name));
  if (unknown.length > 0)
    throw new UsageError(
      `no such scope: ${unknown.join(', ')}; expected all, or some of ${ALL_SCOPES.join(', ')}`,
    );
  return names.filter(isScope);
}

function tellWelcome(publicUrl: string, token: string, io: Io): void {
  io.out(`${publicUrl.replace(/\/+$/, '')}/console#welcome=${token}`);
  io.err('Hand the link to them alone: it works once, for 24 hours, to set a password and a second factor.');
}

async function add(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseOptions(args, {
    options: {
      email: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'string', default: 'all' },
    },
  });
  const { email, name, scopes: named } = values;
  if (email === undefined || normaliseEmail(email) === undefined)
    throw new UsageError('--email must be an email address');
  if (name === undefined || !/^[^\p{Cc}]{1,256}$/u.test(name))
    throw new UsageError('--name must be the name of the person, 1 to 256 characters');
  const scopes = scopesOf(named);
  const config = readStaffConfig();
  await changingStaff(config, async (members) => {
    const { outcome, token } = await members.invite(request(), { email: email.trim(), name, scopes });
    assertDone(outcome);
    tellWelcome(config.PUBLIC_URL, token, io);
  });
}

async function list(args: readonly string[], io: Io): Promise<void> {
  parseOptions(args, { options: {} });
  const { DATABASE_URL: connectionString, LOG_LEVEL } = readDatabaseConfig();
  const logger = toolLogger(LOG_LEVEL);
  const db = createPool({ connectionString, applicationName: 'cli staff', max: 1, logger });
  try {
    const now = Date.now();
    const members = await listMembers(db);
    writeTable(
      io,
      MEMBER_HEADER,
      members.map((member) => memberLine(member, now)),
    );
  } finally {
    await db.end();
  }
}

/** Whom the command is about, and the rest of its arguments. @throws UsageError */
function whoOf(args: readonly string[]): { readonly who: string; readonly others: readonly string[] } {
  const [who, ...others] = parseOptions(args, { options: {}, allowPositionals: true }).positionals;
  if (who === undefined || !(who.includes('@') || isUuid(who)))
    throw new UsageError('name the person by email or staff id');
  return { who: who.includes('@') ? who : who.toLowerCase(), others };
}

/** @throws UsageError */
function onlyWho(args: readonly string[]): string {
  const { who, others } = whoOf(args);
  if (others.length > 0) throw new UsageError('name one person');
  return who;
}

async function changeScopes(args: readonly string[]): Promise<void> {
  const { who, others } = whoOf(args);
  const [named, ...more] = others;
  if (named === undefined || more.length > 0) throw new UsageError('name the scopes, with commas between');
  const scopes = scopesOf(named);
  await changingStaff(readStaffConfig(), async (members, idOf) =>
    assertDone(await members.execute(request(), await idOf(who), { type: 'ChangeScopes', scopes })),
  );
}

async function reset(args: readonly string[], io: Io): Promise<void> {
  const who = onlyWho(args);
  const config = readStaffConfig();
  await changingStaff(config, async (members, idOf) => {
    const { outcome, token } = await members.reset(request(), await idOf(who));
    assertDone(outcome);
    tellWelcome(config.PUBLIC_URL, token, io);
  });
}

async function remove(args: readonly string[]): Promise<void> {
  const who = onlyWho(args);
  await changingStaff(readStaffConfig(), async (members, idOf) =>
    assertDone(await members.remove(request(), await idOf(who))),
  );
}

/** People who are staff: how the first one comes in. */
export const staff: Command = {
  name: 'staff',
  summary: 'add, list, reset and remove the people who log in to the console',
  usage: `staff add --email ADDRESS --name NAME [--scopes all|a,b]
       staff list
       staff scopes EMAIL|ID all|a,b
       staff reset EMAIL|ID
       staff remove EMAIL|ID

  add     invite a person, with all scopes unless some are named; prints the link by which they set a password and a second factor
  list    the people who are staff, removed ones too
  scopes  give a person other scopes; ends their sessions
  reset   for who has lost password or authenticator: both and all sessions end, and a new link is printed
  remove  end a person's sessions, and make their email and name unreadable for ever

Works beside running services. Service accounts, which are programs, are made over HTTP (POST /v1/service-accounts).

Settings: EVENTSTORE_URL, DATABASE_URL, VAULT_DATABASE_URL, VAULT_MASTER_KEY, EVENT_SCHEMA_LEVEL, PUBLIC_URL.`,
  async run([what, ...args], io) {
    switch (what) {
      case 'add':
        return add(args, io);
      case 'list':
        return list(args, io);
      case 'scopes':
        return changeScopes(args);
      case 'reset':
        return reset(args, io);
      case 'remove':
        return remove(args);
      default:
        throw new UsageError('expected add, list, scopes, reset or remove');
    }
  },
};

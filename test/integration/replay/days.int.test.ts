import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExport } from '../../../cli/replay/run.ts';
import { findDays } from '../../../cli/replay/source/days.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { updateHistoryTables } from '../../support/analysis/history-tables.ts';
import { appendAt } from '../history/moments.ts';
import { type Author, instant } from '../projector/author.ts';
import { silent } from '../projector/system.ts';
import { createReplaySystem, lines, type ReplaySystem } from './system.ts';

const DAY = 86_400_000;
const START = Date.parse('2025-03-01T00:00:00Z');
const LATER = START + 60 * DAY;
const FOREIGN = 'was written by another program';

let system: ReplaySystem;
/** In the log's order. */
const written: { readonly at: number; readonly event: NewUserEvent }[] = [];
let users: Author[];

const out = (user: Author): NewUserEvent => ({
  type: 'LoggedOut',
  data: { userId: user.userId, tokenId: randomUUID(), expiresAt: instant(START) },
});

/** Log-outs of four weeks whose times go back and forth by days, as in a log that several systems were merged into. */
async function write(count: number, from: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const at = from + Math.floor(((i / count) * 23 + Math.random() * 5) * DAY);
    const user = users[i % users.length] as Author;
    const event = out(user);
    await appendAt(user, at, event);
    written.push({ at, event });
  }
}

beforeAll(async () => {
  system = await createReplaySystem();
  users = [system.author(), system.author()];
  await write(100, START);
  const stranger = system.author();
  await stranger.appendRaw({ id: randomUUID(), type: 'Note', data: { text: 'hello' }, metadata: {} });
  await write(100, LATER);
});
afterAll(() => system[Symbol.asyncDispose]());

/** What an export by time gives, and what it says. */
async function between(since: number, until: number, databaseUrl?: string) {
  const { log, reader } = system;
  const criteria = {
    format: 'ndjson' as const,
    types: [],
    users: [],
    plans: [],
    since,
    until,
    withPersonal: false,
  };
  const said: string[] = [];
  const tokens: unknown[] = [];
  const warn = (line: string) => void said.push(line);
  const { signal } = new AbortController();
  await runExport({
    ...{ log, reader, criteria, warn, signal, vault: undefined },
    days: await findDays(criteria, { log, warn, connectionString: databaseUrl, logger: silent }),
    sink: {
      take: async (items) => void tokens.push(...items.map(({ recorded }) => recorded.data.tokenId)),
      finish: async () => {},
      interrupt: async () => '',
      close: async () => {},
    },
    progress: { update: () => {}, end: () => {} },
  });
  return { tokens, said: said.join('\n') };
}
const tables = () => system.vaultSettings.DATABASE_URL;

const expected = (since: number, until: number): string[] =>
  written
    .filter(({ at }) => at >= since && at < until)
    .map(({ event }) => (event.data as { tokenId: string }).tokenId);

describe('an export by time', () => {
  it('reads the whole log where there are no history tables, and says what would make it fast', async () => {
    const args = ['--since', instant(START + 10 * DAY), '--until', instant(START + 11 * DAY)];
    const { code, stdout, stderr } = await system.replay(args, { DATABASE_URL: tables() });
    const tokens = lines<{ data: { tokenId: string } }>(stdout).map(({ data }) => data.tokenId);
    expect({ code, tokens }).toEqual({ code: 0, tokens: expected(START + 10 * DAY, START + 11 * DAY) });
    expect(tokens.length).toBeGreaterThan(0);
    expect(stderr).toMatch(
      /^The whole log is read: there are no history tables.*`cli history-tables update`/,
    );
    expect(stderr).toContain(FOREIGN);
  });

  it('reads the days alone where there are, and what has come since', async () => {
    await updateHistoryTables({ log: system.log, databaseUrl: tables() });
    for (let i = 0; i < 40; i++) {
      // What is beyond the tables' checkpoint may be of any time.
      if (i === 20) await write(40, START);
      const since = (i % 2 ? START : LATER) + Math.floor(Math.random() * 28 * DAY);
      const until = since + 1 + Math.floor(Math.random() * 2 * DAY);
      const { tokens, said } = await between(since, until, tables());
      expect(tokens, `${instant(since)} to ${instant(until)}`).toEqual(expected(since, until));
      expect(said).toBe('');
    }
    const [since, until] = [START + 10 * DAY, LATER + 10 * DAY];
    const both = await between(since, until, tables());
    expect(both.tokens).toEqual(expected(since, until));
    expect(both.said).toContain(FOREIGN);
    expect(await between(START - 9 * DAY, START, tables())).toEqual({ tokens: [], said: '' });
  });

  it('reads the whole log where the tables are of another event store, or can not be reached or read', async () => {
    const [since, until] = [START + 3 * DAY, START + 4 * DAY];
    const whole = async (databaseUrl: string | undefined, why: string) => {
      const { tokens, said } = await between(since, until, databaseUrl);
      expect(tokens).toEqual(expected(since, until));
      expect(said).toMatch(new RegExp(`^The whole log is read: .*${why}`));
    };
    await whole(undefined, 'HISTORY_DATABASE_URL, or DATABASE_URL');
    await whole('postgres://postgres@127.0.0.1:9/x', "can't be read .*ECONNREFUSED");
    const stranger = new URL(tables());
    stranger.username = 'nobody';
    await whole(stranger.href, 'nobody');
    await system.pool.query('UPDATE history_fold.checkpoints SET last_event_id = gen_random_uuid()');
    await whole(tables(), 'of another event store');
  });
});

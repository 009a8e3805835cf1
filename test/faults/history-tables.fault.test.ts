import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatPosition } from '../../shared/event-log/position.ts';
import { createReplaySystem, type ReplaySystem } from '../integration/replay/system.ts';
import { eventually } from '../support/eventually.ts';

/** 200,000 events and 20 kills of each kind: HISTORY_EVENTS=200000 HISTORY_KILLS=20, which takes minutes. */
const EVENTS = Number(process.env.HISTORY_EVENTS ?? 12_000);
const KILLS = Number(process.env.HISTORY_KILLS ?? 1);
const PATIENCE_MS = 100_000 + EVENTS * KILLS;
const ENTRY = path.resolve(import.meta.dirname, '../../cli/main.ts');

let system: ReplaySystem;
beforeAll(async () => {
  system = await createReplaySystem({ events: EVENTS, users: EVENTS / 10 });
}, PATIENCE_MS);
afterAll(() => system?.[Symbol.asyncDispose]());

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [ENTRY, 'history-tables', ...args], {
    env: { ...system.env, ...system.vaultSettings, PORT: '0', LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    result: once(child, 'close').then(([code]) => ({ code: code as number | null, stderr })),
    kill: (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL') => child.kill(signal),
  };
}

/** As a fresh build from the log has them, row for row. */
const expectWhole = async () =>
  expect(await start('rebuild', '--compare-only').result).toMatchObject({ code: 0 });

const at = async (schema: string): Promise<string | undefined> => {
  const { rows } = await system.pool.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [`${schema}.checkpoints`],
  );
  if (!rows[0]?.there) return undefined;
  const found = await system.pool.query(
    `SELECT last_event_commit || '/' || last_event_prepare AS at FROM ${schema}.checkpoints`,
  );
  return found.rows[0]?.at;
};

/** Starts the command again and again, and kills it at some moment after it has begun to write. */
async function killing(schema: string, longestMs: number, command: string): Promise<void> {
  for (let killed = 0; killed < KILLS; ) {
    const before = await at(schema);
    const running = start(command);
    const ended = running.result.then(() => true);
    await eventually(
      'it writes, or is done',
      async () => {
        const over = await Promise.race([ended, delay(5, false)]);
        return over || (await at(schema)) !== before;
      },
      PATIENCE_MS,
    );
    // The moment itself: none is better than another.
    await delay(Math.random() * longestMs);
    running.kill();
    const { code } = await running.result;
    if (code === null) killed++;
    // It was done before: a rebuild can be done once more, a first build where there is nothing.
    else if (command === 'update') await start('drop', '--yes').result;
  }
}

it(
  'killed at any moment of its first build, it goes on, and the tables are the same',
  async () => {
    await killing('history_fold', 1_000, 'update');
    expect(await start('update').result).toMatchObject({ code: 0 });
    await expectWhole();
  },
  PATIENCE_MS,
);

it(
  'killed while it follows the log, it goes on, and the tables are the same',
  async () => {
    const written = { on: true };
    const writer = (async () => {
      while (written.on) {
        const author = system.author();
        await author.signUp();
        await author.subscribe();
        for (const client of ['a', 'b', 'c']) await author.activate(client);
        if (Math.random() < 0.2) await author.erase();
      }
    })();
    await killing('history_fold', 500, 'follow');
    written.on = false;
    await writer;
    const follower = start('follow');
    let end = '';
    for await (const { position } of system.log.readAll({ direction: 'backwards' })) {
      end = formatPosition(position);
      break;
    }
    await eventually('caught up', async () => (await at('history_fold')) === end, PATIENCE_MS);
    follower.kill('SIGTERM');
    expect(await follower.result).toMatchObject({ code: 0 });
    await expectWhole();
  },
  PATIENCE_MS,
);

it(
  'killed at any moment of a rebuild, the live tables stay, and the next one goes on',
  async () => {
    await killing('history_fold_next', 1_000, 'rebuild');
    expect(await start('rebuild').result).toMatchObject({ code: 0 });
    await expectWhole();
  },
  PATIENCE_MS,
);

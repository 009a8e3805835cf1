import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { createSystem, projected, readiness, type System, tool } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { startPostgres, type TestServer } from '../support/servers/servers.ts';

const root = path.resolve(import.meta.dirname, '../..');
let postgres: TestServer;
let system: System;
let children: ChildProcess[] = [];

beforeEach(async () => {
  postgres = await startPostgres();
  system = await createSystem({ postgresUrl: postgres.url });
});
afterEach(async () => {
  for (const child of children) await kill(child);
  children = [];
  await system[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

/** A projector as a process of its own. */
async function spawnProjector() {
  const [port] = (await freePorts(1)) as [number];
  const child = spawn(process.execPath, [path.join(root, 'projector/main.ts')], {
    env: { ...process.env, ...system.env(), PORT: String(port) },
    stdio: 'ignore',
  });
  children.push(child);
  return { child, url: `http://127.0.0.1:${port}` };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const ready = (projector: { readonly url: string }) =>
  eventually('ready', async () => (await readiness(projector)).status === 200);
const count = async (sql: string) => Number((await system.pool.query(sql)).rows[0].n);

/** Writes as long as it is told to, and counts what it wrote. */
function keepWriting() {
  const written = { users: 0, activations: 0 };
  let on = true;
  const write = async () => {
    while (on) {
      const user = system.author();
      await user.signUp();
      written.users++;
      await user.subscribe();
      for (const client of ['a', 'b', 'c']) {
        await user.activate(client, client);
        written.activations++;
      }
    }
  };
  const running = Promise.all([write(), write(), write()]);
  // Its failure is thrown where it is awaited.
  running.catch(() => undefined);
  return {
    written,
    async stop() {
      on = false;
      await running;
    },
  };
}

/** Everything that was written is there once, and what is there is what the log gives. */
async function allThere({ users, activations }: { readonly users: number; readonly activations: number }) {
  const last = system.author();
  await projected(system, await last.signUp());
  expect(await count('SELECT count(*) AS n FROM read_model.users')).toBe(users + 1);
  expect(await count('SELECT count(*) AS n FROM read_model.licenses')).toBe(activations);
  expect(await count('SELECT sum(activations) AS n FROM read_model.activations_by_day')).toBe(activations);
  expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
}

describe('exactly once in effect', () => {
  test('whenever the projector is killed', async () => {
    const writing = keepWriting();
    for (let round = 0; round < 5; round++) {
      const before = await count('SELECT count(*) AS n FROM read_model.users');
      const { child } = await spawnProjector();
      await eventually(
        'it projects',
        async () => (await count('SELECT count(*) AS n FROM read_model.users')) > before,
      );
      await kill(child);
    }
    await writing.stop();
    await spawnProjector();
    await allThere(writing.written);
  });

  test('with one that was frozen in the middle, overtaken by another, and woken up late', async () => {
    const frozen = await spawnProjector();
    await ready(frozen);
    const second = await spawnProjector();
    const writing = keepWriting();
    await eventually(
      'the first one projects',
      async () => (await count('SELECT count(*) AS n FROM read_model.users')) > 10,
    );
    frozen.child.kill('SIGSTOP');
    const from = performance.now();
    const before = await count('SELECT count(*) AS n FROM read_model.users');
    // PostgreSQL ends the session of a silent leader; nobody does it by hand.
    await eventually(
      'the second one projects',
      async () => (await count('SELECT count(*) AS n FROM read_model.users')) > before,
    );
    // 3 s where the machine has time for it: 2.5 s of silence, half a second until the standby asks again.
    expect(performance.now() - from).toBeLessThan(6_000);
    frozen.child.kill('SIGCONT');
    await ready(frozen);
    await writing.stop();
    await allThere(writing.written);
    await ready(second);
  });
});

describe('goes on by itself', () => {
  test('when PostgreSQL was killed, Redis was unreachable and the event store was restarted', async () => {
    const projector = await spawnProjector();
    await ready(projector);
    const writing = keepWriting();
    await eventually(
      'it projects',
      async () => (await count('SELECT count(*) AS n FROM read_model.users')) > 5,
    );
    await system.redisServer.stop();
    const { users } = writing.written;
    await eventually('it goes on without Redis', () => writing.written.users > users + 5);
    await system.redisServer.start();
    await writing.stop();
    await system.replaceStore();
    await eventually('the event store is back', () => system.log.ping().then(() => true));

    await postgres.kill();
    await eventually('it is not ready', async () => (await readiness(projector)).status === 503);
    await postgres.start();
    await ready(projector);
    await allThere(writing.written);
    expect(projector.child.exitCode).toBeNull();
  });

  test('SIGTERM in the middle of the work: the batch is finished, the exit code is 0', async () => {
    const projector = await spawnProjector();
    const writing = keepWriting();
    await eventually(
      'it projects',
      async () => (await count('SELECT count(*) AS n FROM read_model.users')) > 5,
    );
    projector.child.kill('SIGTERM');
    await once(projector.child, 'exit');
    expect(projector.child.exitCode).toBe(0);
    await writing.stop();
    await spawnProjector();
    await allThere(writing.written);
  });
});

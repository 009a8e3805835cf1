import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { eventually } from '../support/eventually.ts';

const main = path.resolve(import.meta.dirname, '../../local/event-store/main.ts');
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo();
});

/** A pipe that is full, and that nobody empties: the output of a parent that was stopped. */
function fullPipe(): number {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-pipe-'));
  const name = path.join(directory, 'pipe');
  execFileSync('mkfifo', [name]);
  const fd = openSync(name, constants.O_RDWR | constants.O_NONBLOCK);
  cleanUp.push(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  try {
    for (;;) writeSync(fd, 'x'.repeat(4_096));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return fd;
}

function fullDisk(): number {
  const fd = openSync('/dev/full', 'w');
  cleanUp.push(() => closeSync(fd));
  return fd;
}

const outputs: Readonly<Record<string, () => number | 'pipe'>> = {
  'full disk': fullDisk,
  'full pipe': fullPipe,
  gone: () => 'pipe',
};

/** Without its PostgreSQL it logs all the while, and listens. */
async function startStore(output: number | 'pipe'): Promise<ChildProcess> {
  const [port, nobody] = (await freePorts(2)) as [number, number];
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      EVENT_STORE_PORT: String(port),
      EVENT_STORE_DATABASE_URL: `postgres://postgres:x@127.0.0.1:${nobody}/none`,
    },
  });
  cleanUp.push(() => child.kill('SIGKILL'));
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  await eventually('it listens', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return true;
  });
  return child;
}

test.each(Object.entries(outputs))(
  'the event store whose output goes nowhere (%s) is ended by SIGTERM',
  async (_, output) => {
    const child = await startStore(output());
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  },
);

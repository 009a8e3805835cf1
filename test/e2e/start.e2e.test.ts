import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePorts, LOOPBACK } from '../../local/ports.ts';
import { answersOk } from '../../local/processes/supervisor.ts';
import { dispose, isAlive, launch, newDataDirectory, spawnLauncher } from '../support/stack.ts';

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);

describe('npm start', () => {
  const data = newDataDirectory();
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('walks a customer from sign-up to a valid license, and Ctrl-C leaves nothing behind', async () => {
    const stack = await launch({ data, args: [] });
    const pids = [...stack.processes().values()];
    expect(stack.output()).toContain('POST /v1/signup');
    expect(stack.output()).toMatch(
      /← 200 .*"status":"valid","code":"VALID","premium":true,"plan_type":"pro"/,
    );
    expect(await stack.interrupt()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(path.join(data, 'processes.json'))).toBe(false);
  });

  it('serves that license again after a second start, and after the launcher was killed', async () => {
    const second = await launch({ data, args: [] });
    expect(second.output()).toMatch(/that an earlier start activated[\s\S]*← 200 .*"status":"valid"/);
    const left = second.processes();
    second.launcher.kill('SIGKILL');
    await once(second.launcher, 'exit');
    expect(isAlive(left.get('postgres') as number)).toBe(true);

    const third = await launch({ data, args: [] });
    expect(third.output()).toContain('Ended what an earlier start left running');
    expect([...left.values()].filter(isAlive)).toEqual([]);
    expect(third.output()).toMatch(/← 200 .*"status":"valid"/);
    expect(await third.interrupt()).toBe(0);
  });

  it('has the workers of a killed Nginx answer until another runs, and ends those that an earlier start left', async () => {
    const first = await launch({ data });
    const master = first.processes().get('nginx') as number;
    const workers = childrenOf(master);
    expect(workers.length).toBeGreaterThan(0);
    process.kill(master, 'SIGKILL');
    // They answer until the successor runs.
    expect(await answersOk(`${first.url}/health`)).toBe(true);
    const successor = () => first.processes().get('nginx') ?? master;
    await expect.poll(successor, { timeout: 20_000 }).not.toBe(master);
    await expect.poll(() => workers.filter(isAlive), { timeout: 20_000 }).toEqual([]);
    expect(await answersOk(`${first.url}/health`)).toBe(true);

    const left = childrenOf(successor());
    first.launcher.kill('SIGKILL');
    await once(first.launcher, 'exit');
    process.kill(successor(), 'SIGKILL');
    const second = await launch({ data, port: Number(new URL(first.url).port) });
    expect(second.output()).toMatch(/Ended what an earlier start left running: .*nginx/);
    expect(left.filter(isAlive)).toEqual([]);
    expect(await second.interrupt()).toBe(0);
  });

  it('refuses a second launcher with the same data', async () => {
    const first = await launch({ data });
    const { launcher, output } = spawnLauncher(['--data', data, '--port', String((await freePorts(1))[0])]);
    await once(launcher, 'exit');
    expect(launcher.exitCode).toBe(1);
    expect(output()).toContain('already running with this data');
    await first.interrupt();
  });

  it('starts a service again that was killed, and goes on serving', async () => {
    const stack = await launch({ data, args: [] });
    const killed = stack.processes().get('event-store') as number;
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => stack.processes().get('event-store'), { timeout: 20_000 }).not.toBe(killed);
    const signUp = () =>
      fetch(`${stack.url}/v1/signup`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: 'back@example.com', password: 'a password of some length' }),
      });
    await expect
      .poll(async () => (await signUp()).status, { timeout: 20_000, interval: 500 })
      .toBeOneOf([201, 409]);
    await dispose(stack);
  });
});

describe('npm start with bad options', () => {
  it.each(LOOPBACK)('names a port that is taken on %s', async (address) => {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const data = newDataDirectory();
    const { launcher, output } = spawnLauncher(['--port', String(port), '--data', data]);
    await once(launcher, 'exit');
    server.close();
    rmSync(data, { recursive: true });
    expect(launcher.exitCode).toBe(1);
    expect(output()).toContain(`port ${port} is taken`);
  });

  it.each([
    ['--port', 'x', 'whole number'],
    ['--query-nodes', '0', 'whole number'],
    ['--host', 'example.com', 'expected an IP address'],
    ['--nonsense', '1', '--nonsense'],
  ])('refuses %s %s with usage', async (name, value, message) => {
    const { launcher, output } = spawnLauncher([name, value]);
    await once(launcher, 'exit');
    expect(launcher.exitCode).toBe(2);
    expect(output()).toContain(message);
  });
});

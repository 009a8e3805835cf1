import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeTour } from '../../local/tour/tour.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type Licensed, signUp, validate } from '../support/requests/api.ts';
import { type Compose, type Container, PUBLIC_URL, serviceOf } from './compose.ts';
import { customers } from './mixed-load.ts';
import { SERVICES, startSystem } from './system.ts';

let system: Compose;
let licensed: Licensed[];
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.down());

describe('a first start', () => {
  it('takes one command, and the tour of npm start goes through', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'license-test-tour-'));
    const lines: string[] = [];
    try {
      await takeTour({ url: system.url, backends: { data } }, (line) => lines.push(line));
    } finally {
      rmSync(data, { recursive: true });
    }
    expect(lines.join('\n')).toContain('"code":"VALID"');
    licensed = await customers({ url: system.url, tool: (...args) => system.tool(...args) }, 3);
  });

  it('and a second one replaces nothing that runs', async () => {
    const before = (await system.containers(...SERVICES, 'nginx', 'postgres', 'redis', 'kafka')).map(
      ({ Id }) => Id,
    );
    await system.up();
    const after = (await system.containers(...SERVICES, 'nginx', 'postgres', 'redis', 'kafka')).map(
      ({ Id }) => Id,
    );
    expect(after.sort()).toEqual(before.sort());
  });

  it('the tool runs in a container of its own', async () => {
    const token = await system.tool('token', '--role', 'operator', '--subject', 'docker test');
    const [customer] = licensed;
    expect(await ask(system.url, `/v1/users/${customer?.userId}`, { token })).toMatchObject({
      status: 200,
      body: { user_id: customer?.userId },
    });
    expect(await system.tool('parked', 'list')).toBeDefined();
  });

  it('and writes what command nodes write: a first member of staff is welcomed', async () => {
    const link = await system.tool('staff', 'add', '--email', 'grace@example.com', '--name', 'Grace Hopper');
    expect(link).toMatch(new RegExp(`^${PUBLIC_URL}/console#welcome=\\S+$`, 'm'));
    await eventually('she is listed', async () =>
      (await system.tool('staff', 'list')).includes('grace@example.com'),
    );
  });

  it('the pages come through Nginx with all their parts', async () => {
    for (const name of ['', 'console', 'account']) {
      const page = await fetch(`${system.url}/${name}`);
      expect(page.headers.get('content-security-policy'), name).toContain("default-src 'none'");
      const parts = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, part]) => part);
      expect(parts.length, name).toBeGreaterThan(5);
      for (const part of parts) expect((await fetch(`${system.url}${part}`)).status, part).toBe(200);
    }
  });

  it('the notifier mails what a customer asks for', async () => {
    const { email } = await signUp(system.url);
    expect((await ask(system.url, '/v1/password-resets', { body: { email } })).status).toBe(202);
    const [notifier] = await system.containers('notifier');
    const mails = ['exec', String(notifier?.Id), 'sh', '-c', 'cat /tmp/mails/* 2>/dev/null || true'];
    const sent = await eventually('it is mailed', async () => {
      const text = await system.run('docker', ...mails);
      return text.includes(email) && text;
    });
    expect(sent).toContain(`${PUBLIC_URL}/account#reset=`);
  });
});

describe('every container', () => {
  let all: Container[];
  beforeAll(async () => {
    all = await system.containers();
  });
  const named = (wanted: (container: Container) => unknown) =>
    Object.fromEntries(all.map((container) => [serviceOf(container), wanted(container)]));
  const running = () => all.filter(({ State }) => State.Status === 'running');

  it('is healthy; those that run once have ended well', () => {
    const states = named(({ State }) => State.Health?.Status ?? `${State.Status} ${State.ExitCode}`);
    expect(states).toEqual({
      ...Object.fromEntries(running().map((container) => [serviceOf(container), 'healthy'])),
      secrets: 'exited 0',
      migrate: 'exited 0',
    });
  });

  it('of this project: an account without rights, a root that can not be written to, bounded memory', async () => {
    const own = all.filter((container) => SERVICES.includes(serviceOf(container)));
    expect(own.length).toBeGreaterThanOrEqual(7);
    for (const { HostConfig, Config, Name, Id } of own) {
      const { ReadonlyRootfs, CapDrop, CapAdd, SecurityOpt, Memory } = HostConfig;
      expect({ Name, user: Config.User, ReadonlyRootfs, CapDrop, CapAdd, SecurityOpt, Memory }).toEqual({
        Name,
        user: '10001:10001',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: null,
        SecurityOpt: ['no-new-privileges:true'],
        Memory: 512 * 2 ** 20,
      });
      const wrote = await system.run('docker', 'exec', Id, 'sh', '-c', 'touch /app/x 2>&1 || true');
      expect(wrote).toContain('Read-only file system');
    }
  });

  it('holds no secret in what describes it, and writes logs that are rotated', () => {
    for (const { Name, Config, HostConfig } of all) {
      const told = Config.Env.filter((line) => /pass|secret|key|token/i.test(line));
      // Only where to find them.
      for (const line of told)
        expect(`${Name} ${line}`).toMatch(/=(\/secrets\/\S+|license-system|[A-F0-9 ]*)?$/);
      expect({ Name, ...HostConfig.LogConfig }).toMatchObject({
        Type: 'json-file',
        Config: { 'max-size': '20m' },
      });
    }
  });

  it('of this project that hangs is unhealthy within 15 s, and well again when it goes on', async () => {
    for (const service of ['query-service', 'projector']) {
      const [container] = await system.containers(service);
      const { Id } = container as Container;
      // Process 1 is Docker's own, which passes signals on.
      const signal = (name: string) =>
        system.run('docker', 'exec', Id, 'bash', '-c', `kill -${name} $(cat /proc/1/task/1/children)`);
      const health = async () =>
        (JSON.parse(await system.run('docker', 'inspect', Id)) as Container[])[0]?.State.Health?.Status;
      await signal('STOP');
      const since = performance.now();
      try {
        await eventually('it is unhealthy', async () => (await health()) === 'unhealthy', 30_000);
        expect(performance.now() - since).toBeLessThan(15_500);
      } finally {
        await signal('CONT');
      }
      await eventually('it is healthy', async () => (await health()) === 'healthy', 30_000);
    }
  });

  it('publishes no port, but for Nginx', () => {
    const published = all.filter(({ HostConfig }) => Object.keys(HostConfig.PortBindings ?? {}).length > 0);
    expect(published.map(serviceOf)).toEqual(['nginx']);
    expect(Object.keys(published[0]?.HostConfig.PortBindings ?? {})).toEqual(['80/tcp']);
  });
});

describe('the image', () => {
  it('holds what runs, and nothing of the development', async () => {
    const [container] = await system.containers('query-service');
    const list = await system.run(
      'docker',
      'exec',
      String(container?.Id),
      'sh',
      '-c',
      'cd /app && ls -A; ls node_modules; ls /usr/local/bin; ls -A /secrets/*',
    );
    const has = (name: string) => list.split('\n').includes(name);
    expect(
      ['cli', 'command-service', 'projector', 'query-service', 'shared', 'express'].filter(has),
    ).toHaveLength(6);
    const unwanted = [
      'test',
      'local',
      '.git',
      '.env',
      'typescript',
      'vitest',
      '@biomejs',
      'npm',
      'npx',
      'master.key',
      'password',
    ];
    expect(unwanted.filter(has)).toEqual([]);
  });
});

it('everything stopped and started again: what was known is known', async () => {
  await system.compose('down', '--timeout', '30');
  await system.up();
  for (const customer of licensed) {
    expect((await validate(system.url, customer)).body).toMatchObject({ status: 'valid', code: 'VALID' });
  }
});

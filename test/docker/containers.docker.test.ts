import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { takeTour } from '../../local/tour.ts';
import { ask, type Licensed, validate } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { Compose, type Container, serviceOf } from './compose.ts';
import { type LoadReport, startLoad } from './load.ts';
import { customers, mixture, validation } from './mixed-load.ts';

/** Of this project; all of them run the one image. */
const SERVICES = ['command-service', 'query-service', 'projector', 'relay'];
/** Of those that Nginx sends requests to. */
const PORTS: Readonly<Record<string, number>> = { 'command-service': 3001, 'query-service': 3002 };

/** Each with a customer of its own. Validations are of more licenses: each may be asked for ten times a second. */
const CONNECTIONS = 8;

let system: Compose;
let licensed: Licensed[];
const say = (line: string) => void process.stdout.write(`${line}\n`);

beforeAll(async () => {
  const [port] = (await freePorts(1)) as [number];
  system = new Compose({
    name: `license-test-${process.pid}`,
    port,
    standIns: process.env.STAND_INS === 'true',
  });
  await system.compose('build');
  const started = performance.now();
  await system.up();
  say(`up after ${Math.round((performance.now() - started) / 1_000)} s`);
});
afterAll(() => system.down());

const show = (what: string, { total, asked, failures, p99Ms, maxMs }: LoadReport) =>
  say(
    `${what}: ${total} requests (${[...asked].map(([name, count]) => `${name} ${count}`).join(', ')}), ${failures.length} failed, p99 ${p99Ms} ms, longest ${maxMs} ms`,
  );

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
    licensed = await customers(system.url, CONNECTIONS * 5);
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

describe('under load', () => {
  /** Runs `work` while customers go on asking; nothing of what they ask may fail. */
  async function during(
    what: string,
    next: (connection: number) => ReturnType<typeof validation>,
    work: () => Promise<void>,
  ) {
    const load = startLoad(system.url, CONNECTIONS, next);
    let report: LoadReport | undefined;
    try {
      await work();
    } finally {
      report = await load.stop();
    }
    show(what, report);
    if (report.failures.length > 0) say(await complaints());
    expect(report.failures).toEqual([]);
    expect(report.total).toBeGreaterThan(100);
  }

  /** What Nginx says of requests that no node answered. */
  const complaints = async (): Promise<string> => {
    const lines = (await system.compose('logs', '--no-log-prefix', 'nginx')).split('\n');
    return lines
      .filter((line) => /"status":50\d|no live|resolve/.test(line))
      .slice(-100)
      .join('\n');
  };

  let turn = 0;
  const validating = () => {
    turn += 1;
    return validation(licensed[turn % licensed.length] as Licensed);
  };

  /** How many requests of customers a node has answered since it started. */
  const requests = async (container: string, service: string): Promise<number> => {
    const text = await system.ask(container, PORTS[service] as number, '/metrics');
    const counts = text.matchAll(/^(?:validations_total|commands_total)\{[^}]*\} (\d+)/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('query nodes 2 → 5 → 1: no validation fails, and all five take their share', async () => {
    await during('query nodes 2 → 5 → 1', validating, async () => {
      await system.up('query-service=5');
      const nodes = await system.containers('query-service');
      expect(nodes).toHaveLength(5);
      const before = await Promise.all(nodes.map(({ Id }) => requests(Id, 'query-service')));
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      const after = await Promise.all(nodes.map(({ Id }) => requests(Id, 'query-service')));
      const shares = after.map((count, i) => count - (before[i] as number));
      say(`validations of the five nodes in five seconds: ${shares.join(', ')}`);
      for (const share of shares) expect(share).toBeGreaterThan(Math.max(...shares) / 4);
      await system.up('query-service=1');
      expect(await system.containers('query-service')).toHaveLength(1);
    });
    await system.up();
  });

  it('every service replaced, container by container: no request fails', async () => {
    const old = (await system.containers(...SERVICES)).map(({ Id }) => Id);
    await during('every service replaced', mixture(licensed), async () => {
      for (const service of SERVICES) {
        await system.run('deploy/compose/roll.sh', service);
        say(`${service} replaced`);
      }
    });
    const now = await system.containers(...SERVICES);
    expect(now).toHaveLength(old.length);
    for (const { Id, State } of now) {
      expect(old).not.toContain(Id);
      expect(State.Health?.Status).toBe('healthy');
    }
  });

  it('every container of a service restarted, one after another: no request fails', async () => {
    await during('every container restarted', mixture(licensed), async () => {
      for (const service of SERVICES) {
        for (const { Id } of await system.containers(service)) {
          await system.restart(Id);
          // An operator looks too before he goes on: health says that it can, not that Nginx has found it.
          if (PORTS[service])
            await eventually('it is asked again', async () => (await requests(Id, service)) > 0);
        }
        say(`${service} restarted`);
      }
    });
  });

  it('Nginx takes over a new configuration: no request fails', async () => {
    await during('Nginx reloaded ten times', mixture(licensed), async () => {
      for (let i = 0; i < 10; i += 1) {
        await system.compose('exec', '--no-TTY', 'nginx', 'sh', '/opt/nginx/container.sh', 'reload');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
  });
});

it('everything stopped and started again: what was known is known', async () => {
  await system.compose('down', '--timeout', '30');
  await system.up();
  for (const customer of licensed) {
    expect((await validate(system.url, customer)).body).toMatchObject({ status: 'valid', code: 'VALID' });
  }
});

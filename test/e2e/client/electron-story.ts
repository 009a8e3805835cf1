import { statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { freePorts } from '../../../local/ports.ts';
import { ask, signUp } from '../../support/requests/api.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';
import type { LaunchedStack } from '../../support/stack.ts';
import type { Project } from './project.ts';
import { Shell } from './shell.ts';

const HOUR = 3_600;

/** What stands between a program and the system. */
export interface Network extends AsyncDisposable {
  readonly url: string;
  goOffline(): void;
  goOnline(): void;
}

export async function startNetwork(port: number): Promise<Network> {
  const [nobody] = (await freePorts(1)) as [number];
  const proxy = await startTcpProxy(port);
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    goOffline: () => {
      proxy.retarget(nobody);
      proxy.cut();
    },
    goOnline: () => proxy.retarget(port),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** Somebody who tries `pro`, and has a license key to type in. */
export async function newCustomer(url: string) {
  const { token } = await signUp(url);
  const trial = await ask(url, '/v1/subscriptions', { token, body: { plan: 'pro', trial: true } });
  const key = await ask(url, '/v1/license-keys', { token, body: {} });
  return {
    token,
    subscriptionId: String(trial.body.subscription_id),
    licenseKey: String(key.body.license_key),
  };
}

export const operatorToken = (stack: LaunchedStack) =>
  stack.tool('token', '--role', 'operator', '--subject', 'e2e');

export interface Stage {
  readonly stack: LaunchedStack;
  readonly project: Project;
  readonly network: Network;
}

/** From the first start of a program to its last, days later by its clock. */
export async function electronStory({ stack, project, network }: Stage): Promise<void> {
  const { licenseKey, subscriptionId } = await newCustomer(stack.url);
  const data = path.join(project.folder, 'user-data');
  const start = () => new Shell(project, { LICENSE_URL: network.url, USER_DATA: data });
  let program = start();
  try {
    await unlock(program, licenseKey);
    expect(statSync(path.join(data, 'license.json')).mode & 0o777).toBe(0o600);

    network.goOffline();
    await program.kill();
    program = start();
    await outliveThreeDays(program);

    network.goOnline();
    await program.setClock(0);
    expect(await program.focus()).toMatchObject({ allowed: true, source: 'server' });
    expect(await program.shown()).toEqual({ page: 'program.html', code: 'VALID' });

    const suspended = await ask(stack.url, `/v1/subscriptions/${subscriptionId}/suspend`, {
      token: await operatorToken(stack),
      body: { reason: 'unpaid' },
    });
    expect(suspended.status).toBe(200);
    // The bound: what an answer of the server stands for.
    await program.setClock(300);
    expect(await program.focus()).toMatchObject({ allowed: false, code: 'SUSPENDED', source: 'server' });
    expect(await program.shown()).toEqual({ page: 'locked.html', code: 'SUSPENDED' });
  } finally {
    await program.kill();
  }
}

async function unlock(program: Shell, licenseKey: string): Promise<void> {
  expect(await program.shown()).toEqual({ page: 'locked.html', code: 'not_activated' });
  expect(await program.activate(licenseKey.replace(/.$/, '!'))).toMatchObject({
    activated: false,
    code: 'license_key_unknown',
  });
  const typed = licenseKey.toLowerCase().replaceAll('-', ' ');
  expect(await program.activate(typed)).toMatchObject({ activated: true });
  expect(await program.shown()).toEqual({ page: 'program.html', code: 'VALID' });
}

async function outliveThreeDays(program: Shell): Promise<void> {
  expect(await program.shown()).toEqual({ page: 'program.html', code: 'VALID' });
  for (let hour = 12; hour < 72; hour += 12) {
    await program.setClock(hour * HOUR);
    expect(await program.focus()).toMatchObject({ allowed: true, source: 'lease' });
  }
  await program.setClock(72 * HOUR - 60);
  const { until, ...last } = await program.focus();
  expect(last).toMatchObject({ allowed: true, source: 'lease' });
  expect(Date.parse(String(until))).toBeGreaterThan(Date.now() + (72 * HOUR - 60) * 1_000);

  await program.setClock(60 * HOUR);
  expect(await program.focus()).toMatchObject({ allowed: false, code: 'clock_set_back' });
  expect(await program.shown()).toEqual({ page: 'locked.html', code: 'clock_set_back' });
  await program.setClock(72 * HOUR);
  expect(await program.focus()).toMatchObject({ allowed: false, code: 'lease_expired' });
}

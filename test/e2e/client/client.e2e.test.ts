import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { minify } from '@swc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeVectors } from '../../../client/conformance/vectors.ts';
import { launchBrowser } from '../../support/browser/browser.ts';
import { ask } from '../../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { electronStory, type Network, newCustomer, operatorToken, startNetwork } from './electron-story.ts';
import { servePage } from './page.ts';
import { emptyProject, type Project, runProgram, typeCheck } from './project.ts';
import { installShell } from './shell.ts';

const root = path.resolve(import.meta.dirname, '../../..');

const held = new AsyncDisposableStack();
let stack: LaunchedStack;
let project: Project;
let network: Network;
beforeAll(async () => {
  await Promise.all([startSystem(), installPackage()]);
}, 180_000);
afterAll(() => held.disposeAsync());

async function startSystem(): Promise<void> {
  stack = await launch({ args: ['--no-tour'] });
  held.defer(() => dispose(stack));
  network = held.use(await startNetwork(Number(new URL(stack.url).port)));
}

async function installPackage(): Promise<void> {
  project = await emptyProject();
  held.defer(() => rmSync(project.folder, { recursive: true }));
  installShell(project);
}

describe('the package', () => {
  it.concurrent('holds what a program needs, under 20 KB minified', async () => {
    expect(project.packed.filter((file) => !/^dist\/.*\.(js|d\.ts)$/.test(file)).sort()).toEqual([
      'README.md',
      'package.json',
    ]);
    const dist = path.join(project.folder, 'node_modules/@license-system/client/dist');
    const scripts = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.js'),
    );
    const minified = await Promise.all(
      scripts.map((file) =>
        minify(readFileSync(path.join(dist, file), 'utf8'), { module: true, mangle: true }),
      ),
    );
    const bytes = minified.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
    expect(bytes).toBeGreaterThan(3_000);
    expect(bytes).toBeLessThan(20_000);
  });

  it.concurrent('has types that a strict program compiles against', async () => {
    const program = `
import { createLicensing, memoryStore, type Answer } from '@license-system/client';
const licensing = createLicensing({ url: 'https://licenses.example.com', product: 'app', store: memoryStore() });
export const answer: Promise<Answer> = licensing.check({ entitlements: ['export'] });
export const allowed = async () => (await answer).allowed satisfies boolean;
const activation = await licensing.activate('key');
export const places = activation.activated ? [] : (activation.problem?.active_clients ?? []).map((c) => c.client_id);
`;
    await typeCheck(project, program);
    await expect(typeCheck(project, program.replace("'app'", '7'))).rejects.toThrow();
  });
});

it.concurrent('the program of the README: locked, then unlocked by a license key', async () => {
  const [, chapter = ''] = readFileSync(path.join(root, 'README.md'), 'utf8').split(
    '## Ask from your program',
  );
  const program = /```js\n([\s\S]*?)```/.exec(chapter)?.[1] ?? '';
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(12);
  writeFileSync(path.join(project.folder, 'readme.js'), program.replace('http://localhost:8080', stack.url));
  expect((await runProgram(project, ['readme.js'])).text).toBe('locked: not_activated');
  const { licenseKey } = await newCustomer(stack.url);
  expect((await runProgram(project, ['readme.js', licenseKey])).text).toMatch(/^licensed, offline until 20/);
  expect((await runProgram(project, ['readme.js'])).text).toMatch(/^licensed, offline until 20/);
});

it.concurrent(
  'a program like one for Electron is unlocked by a license key, outlives 72 hours offline, tells a clock that was set back, and is locked when suspended',
  () => electronStory({ stack, project, network }),
  120_000,
);

it.concurrent('a program for the command line: activated, refused where all places are taken, replaced, and given back', async () => {
  const { token, licenseKey } = await newCustomer(stack.url);
  for (let i = 0; i < 10; i += 1)
    await ask(stack.url, '/v1/activations', { token, body: { client_id: `c${i}` } });
  const acme = (...args: string[]) =>
    runProgram(project, ['examples/cli/main.js', ...args], {
      LICENSE_URL: stack.url,
      ACME_HOME: path.join(project.folder, 'acme'),
    });
  expect(await acme()).toEqual({
    code: 1,
    text: 'Not licensed: not_activated. Type: acme activate LICENSE-KEY',
  });
  const full = await acme('activate', licenseKey);
  expect(full.code).toBe(1);
  expect(full.text).toMatch(/^All 10 places are taken:\n {2}c\d /);
  expect((await acme('activate', licenseKey, '--replace', 'c3')).text).toMatch(
    /^Licensed \(VALID, by memory\)/,
  );
  expect((await acme()).text).toMatch(/^Licensed \(VALID, by server\)/);
  expect(await acme('deactivate')).toEqual({ code: 0, text: 'This machine has given its place back.' });
  expect((await acme()).code).toBe(1);
}, 60_000);

it.concurrent('a page of another origin, in Chromium: activates, asks, and gives its place back', async () => {
  const { licenseKey } = await newCustomer(stack.url);
  const { url, server } = await servePage(project);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url, { waitUntil: 'load' });
    const said = await page.evaluate(
      ([api, key]) =>
        (globalThis as unknown as { program(api: string, key: string): Promise<unknown> }).program(api, key),
      [stack.url, licenseKey] as const,
    );
    expect(said).toEqual({
      activation: { activated: true, answer: expect.objectContaining({ allowed: true, source: 'server' }) },
      deactivation: { deactivated: true },
      codes: ['not_activated', 'VALID', 'server', 'not_activated'],
    });
  } finally {
    await browser.close();
    server.close();
  }
}, 60_000);

it.concurrent('the vectors that were shipped are those that this system makes', async () => {
  const shipped = JSON.parse(readFileSync(path.join(root, 'client/conformance/leases.json'), 'utf8'));
  const made = await makeVectors({ api: stack.url, operator: await operatorToken(stack) });
  const verdicts = (vectors: typeof made) =>
    vectors.map(({ name, expect: { allowed, code } }) => ({ name, allowed, code }));
  expect(verdicts(made)).toEqual(verdicts(shipped));
});

import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, scrollsSideways } from '../support/browser/accessibility.ts';
import { launchBrowser, PHONE, type Visit, type Visitor, visit } from '../support/browser/browser.ts';
import { screenshots } from '../support/browser/screenshot.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type Customer, signUp, subscribe } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

let stack: LaunchedStack;
let browser: Browser;
let operator: string;
beforeAll(async () => {
  [stack, browser] = await Promise.all([
    launch({ args: ['--no-tour', '--query-nodes', '1'] }),
    launchBrowser(),
  ]);
  operator = await stack.tool('token', '--role', 'operator', '--subject', 'support');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  if (stack) await dispose(stack);
});

const open = (options: Partial<Visit> = {}): Promise<Visitor> =>
  visit(browser, { url: stack.url, ...options });

/** What is shown is accessible, fits a phone, and is written to be looked at where that was asked for. */
async function looksRight(page: Page, name: string): Promise<void> {
  expect(await accessibilityFaults(page), name).toEqual([]);
  const before = page.viewportSize();
  await page.setViewportSize({ width: PHONE, height: 844 });
  expect(await scrollsSideways(page), name).toBe(false);
  if (before) await page.setViewportSize(before);
  await screenshots(page, `account-${name}`);
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const said = (page: Page, text: string | RegExp) => page.getByRole('status').getByText(text).waitFor();

async function signIn(page: Page, { email, password }: Pick<Customer, 'email' | 'password'>): Promise<void> {
  await page.goto('/account');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Sign in').click();
  await page.getByRole('heading', { name: 'Your plan' }).waitFor();
}

async function addMachine(page: Page, id: string, name: string): Promise<void> {
  await button(page, 'Add a machine').click();
  await page.getByLabel('Machine ID').fill(id);
  await page.getByLabel('Name').fill(name);
  await button(page, 'Activate').click();
}

/** What a program with this key is told, as soon as the read side knows of the change. */
const expectAnswer = (activationKey: string) =>
  expect.poll(async () => (await ask(stack.url, '/v1/licenses/validate', { token: activationKey })).body, {
    timeout: 10_000,
  });

describe('a new customer', () => {
  it('signs up, starts a plan, activates a machine, replaces it, tries a bigger plan and cancels', async () => {
    await using visitor = await open();
    const { page, faults } = visitor;
    await page.goto('/account');
    await looksRight(page, 'sign-in');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Choose a password').fill('password');
    await button(page, 'Create account').click();
    await page.getByText('This is one of the most common passwords').waitFor();
    await looksRight(page, 'sign-up');
    await page.getByLabel('Choose a password').fill('correct horse battery staple');
    await button(page, 'Create account').click();
    await page.getByText('You have no plan yet').waitFor();
    await said(page, 'Welcome! A link to confirm your email is on its way to ada@example.com.');
    await looksRight(page, 'no-plan');

    await button(page, 'Start Free').click();
    await said(page, 'Free has started.');
    await addMachine(page, 'laptop-1', 'Old laptop');
    await page.getByRole('heading', { name: 'The machine is activated' }).waitFor();
    await looksRight(page, 'activated');
    const first = await page.getByRole('dialog').locator('code').innerText();
    await expectAnswer(first).toMatchObject({ code: 'VALID', plan_type: 'free', client_id: 'laptop-1' });
    await button(page, 'Done').click();

    await addMachine(page, 'laptop-2', 'New laptop');
    await page.getByText('All places are taken').waitFor();
    await looksRight(page, 'no-place');
    await page.getByRole('dialog').getByRole('button', { name: 'Replace', exact: true }).click();
    await page.getByRole('heading', { name: 'The machine is activated' }).waitFor();
    const second = await page.getByRole('dialog').locator('code').innerText();
    await button(page, 'Done').click();
    await expectAnswer(first).toMatchObject({ code: 'DEACTIVATED' });
    await page.getByText('1 former machine').click();
    await page.getByRole('table').last().getByText('Old laptop').waitFor();

    await page.getByRole('article').filter({ hasText: 'Pro' }).getByRole('button').click();
    await page.getByText('Free ends when the trial starts.').waitFor();
    await button(page, 'Start the trial').click();
    await said(page, 'Pro has started.');
    await page.getByText('1 of 10 machines in use').waitFor();
    await looksRight(page, 'trial');
    await expectAnswer(second).toMatchObject({ code: 'VALID', plan_type: 'pro', trial: true });

    await button(page, 'Cancel plan').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel plan' }).click();
    await said(page, /^Pro is cancelled and ends on /);
    await button(page, 'Don’t cancel after all').click();
    await said(page, 'Pro goes on.');

    await button(page, 'Deactivate New laptop').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate', exact: true }).click();
    await said(page, 'New laptop is deactivated.');
    await expectAnswer(second).toMatchObject({ code: 'DEACTIVATED' });
    expect(faults).toEqual([]);
  });

  it('is told why a trial is refused, and has the old plan again', async () => {
    const customer = await signUp(stack.url);
    const trial = await ask(stack.url, '/v1/subscriptions', {
      token: customer.token,
      body: { plan: 'pro', trial: true },
    });
    const path = `/v1/subscriptions/${trial.body.subscription_id}/cancel`;
    await ask(stack.url, path, { token: customer.token, body: { immediately: true } });
    const { body } = await subscribe(stack.url, customer);
    await using visitor = await open();
    const { page } = visitor;
    // As a page that was opened before the trial shows it.
    await page.route('**/v1/me/subscriptions*', (route) =>
      route.fulfill({ json: { items: [body], next_cursor: null } }),
    );
    await signIn(page, customer);
    await page.getByRole('article').filter({ hasText: 'Pro' }).getByRole('button').click();
    await button(page, 'Start the trial').click();
    await page.getByText('You have tried this product already.').waitFor();
    await expect
      .poll(async () => (await ask(stack.url, '/v1/me', { token: customer.token })).body.subscriptions)
      .toMatchObject([{ plan_type: 'free', status: 'active' }]);
  });
});

describe('license keys', () => {
  it('are made, activate a machine, and are revoked', async () => {
    const customer = await signUp(stack.url);
    await subscribe(stack.url, customer);
    await using visitor = await open();
    const { page, faults } = visitor;
    await signIn(page, customer);
    await page.getByRole('link', { name: 'License keys' }).click();
    await page.getByText('You have no license key').waitFor();
    await button(page, 'Create a license key').click();
    await page.getByLabel('Machines it may activate').fill('2');
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Your license key' }).waitFor();
    await looksRight(page, 'license-key');
    const key = await page.getByRole('dialog').locator('code').innerText();
    const activate = (id: string) =>
      ask(stack.url, '/v1/activations', { token: key, body: { client_id: id } });
    expect((await activate('typed-1')).status).toBe(201);
    await button(page, 'Done').click();
    await page.reload();
    await page.getByText('1 of 2 left').waitFor();
    await looksRight(page, 'license-keys');
    await button(page, `Revoke ${key}`).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await said(page, 'The license key is revoked.');
    expect((await activate('typed-2')).body.code).toBe('license_key_revoked');
    expect(faults).toEqual([]);
  });

  it('are made once, though no answer came and the button was pressed again', async () => {
    const customer = await signUp(stack.url);
    await using visitor = await open();
    const { page } = visitor;
    await signIn(page, customer);
    await page.getByRole('link', { name: 'License keys' }).click();
    await page.getByRole('heading', { name: 'License keys', level: 1 }).and(page.locator(':focus')).waitFor();
    await button(page, 'Create a license key').click();
    await page.route('**/v1/license-keys', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await button(page, 'Create').click();
    await page.getByText('The server could not be reached.').waitFor();
    await page.unroute('**/v1/license-keys');
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Your license key' }).waitFor();
    const { body } = await ask(stack.url, '/v1/me/license-keys', { token: customer.token });
    expect(body.items).toHaveLength(1);
  });
});

describe('the session', () => {
  it('ends, asks for the password over what was being typed, and goes on with it', async () => {
    const customer = await signUp(stack.url);
    await subscribe(stack.url, customer);
    await using visitor = await open();
    const { page, faults } = visitor;
    await signIn(page, customer);
    await button(page, 'Add a machine').click();
    await page.getByLabel('Machine ID').fill('desk');
    await page.getByLabel('Name').fill('Desk');
    const ended = await ask(stack.url, `/v1/users/${customer.userId}/sessions/end`, {
      method: 'POST',
      token: operator,
    });
    expect(ended.status).toBe(204);
    await button(page, 'Activate').click();
    const again = page.getByRole('dialog', { name: 'Still there?' });
    await again.getByLabel('Password', { exact: true }).fill('not this one, surely');
    await again.getByRole('button', { name: 'Go on' }).click();
    await again.getByText('This is not your current password.').waitFor();
    await looksRight(page, 'still-there');
    await again.getByLabel('Password', { exact: true }).fill(customer.password);
    await again.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'The machine is activated' }).waitFor();
    await button(page, 'Done').click();
    await page.getByRole('cell').getByText('Desk', { exact: true }).waitFor();
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(faults).toEqual([]);
  });
});

describe('settings', () => {
  it('change email and password, and delete the account', async () => {
    const customer = await signUp(stack.url);
    const [email, password] = [`new-${customer.email}`, randomBytes(12).toString('base64url')];
    await using visitor = await open();
    const { page, faults } = visitor;
    await signIn(page, customer);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('Change email').first().click();
    await page.getByLabel('New email').fill(email);
    await page.getByLabel('Current password').first().fill('not this one, surely');
    await button(page, 'Change email').click();
    await page.getByText('This is not your current password.').waitFor();
    await looksRight(page, 'settings');
    await page.getByLabel('Current password').first().fill(customer.password);
    await button(page, 'Change email').click();
    await said(page, `Your email is ${email} now.`);

    await page.getByText('Change password').first().click();
    await page.getByLabel('Current password').last().fill(customer.password);
    await page.getByLabel('New password').fill(password);
    await button(page, 'Change password').click();
    await said(page, /^Your password is changed/);
    expect((await ask(stack.url, '/v1/me', { token: customer.token })).body.code).toBe('token_ended');

    await button(page, 'Delete account').click();
    await page.getByRole('dialog').getByLabel('Current password').fill(password);
    await looksRight(page, 'delete');
    await button(page, 'Delete for ever').click();
    await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
    expect((await ask(stack.url, '/v1/login', { body: { email, password } })).status).toBe(401);
    expect(faults).toEqual([]);
  });
});

/** The link of a mail to this address, once it was sent; under `npm start` mails are files. */
function mailedLink(email: string, kind: 'verify' | 'reset'): Promise<URL> {
  const folder = path.join(stack.data, 'mails');
  const link = new RegExp(`https?://\\S+/account#${kind}=[\\w.-]+`);
  const plain = (mail: string) =>
    mail
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return eventually(`a mail to ${email} with a link to ${kind}`, () => {
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.eml')) : [];
    const mails = files.map((file) => plain(readFileSync(path.join(folder, file), 'utf8')));
    const found = mails.filter((mail) => mail.includes(`To: ${email}`)).map((mail) => link.exec(mail)?.[0]);
    const [url] = found.filter((one) => one !== undefined);
    return url === undefined ? undefined : new URL(url);
  });
}

describe('mail', () => {
  it('has a link to confirm the email with, and one for whoever forgot the password', async () => {
    const email = 'grace@example.com';
    const password = randomBytes(12).toString('base64url');
    await using visitor = await open();
    const { page, faults } = visitor;
    await page.goto('/account#/sign-up');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Choose a password').fill(password);
    await button(page, 'Create account').click();
    await said(page, `Welcome! A link to confirm your email is on its way to ${email}.`);

    const verify = await mailedLink(email, 'verify');
    await page.goto(`${verify.pathname}${verify.hash}`);
    await looksRight(page, 'verify');
    await button(page, 'Confirm my email').click();
    await page.getByRole('heading', { name: 'Your email is confirmed' }).waitFor();
    await button(page, 'Go to your account').click();
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByText('Confirmed', { exact: true }).waitFor();
    await button(page, 'Sign out').click();

    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('Email').fill(email);
    await button(page, 'Send the link').click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await looksRight(page, 'mailed');
    const reset = await mailedLink(email, 'reset');
    await page.goto(`${reset.pathname}${reset.hash}`);
    await page.getByLabel('New password').fill(`${password}, another`);
    await button(page, 'Set the password').click();
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await signIn(page, { email, password: `${password}, another` });
    expect(faults).toEqual([]);
  });
});

describe('a link from staff', () => {
  it('sets a new password once, and leaves no token in the address', async () => {
    const customer = await signUp(stack.url);
    const issued = await ask(stack.url, `/v1/users/${customer.userId}/password-reset`, {
      method: 'POST',
      token: operator,
    });
    await using visitor = await open({ width: PHONE });
    const { page, faults } = visitor;
    await page.goto(`/account#reset=${issued.body.token}`);
    expect(new URL(page.url()).hash).toBe('');
    await looksRight(page, 'reset');
    const password = randomBytes(12).toString('base64url');
    await page.getByLabel('New password').fill(password);
    await button(page, 'Set the password').click();
    await page.getByRole('heading', { name: 'Your password is set' }).waitFor();
    await signIn(page, { ...customer, password });

    await page.goto(`/account#reset=${issued.body.token}`);
    await page.getByLabel('New password').fill(`${password}!`);
    await button(page, 'Set the password').click();
    await page.getByText('This link was used already').waitFor();
    expect(faults).toEqual([]);
  });
});

it('is one click away from the first page, as are the console and the documentation', async () => {
  await using visitor = await open();
  const { page, faults } = visitor;
  await page.goto('/');
  await looksRight(page, 'front');
  const links = await page.getByRole('main').getByRole('link').all();
  const places = await Promise.all(links.map((link) => link.getAttribute('href')));
  expect(places).toEqual(['/account', '/console', '/docs']);
  for (const place of places) expect((await fetch(stack.url + place)).status, String(place)).toBe(200);
  expect(faults).toEqual([]);
});

it('is as usable in German on a phone', async () => {
  const customer = await signUp(stack.url);
  await subscribe(stack.url, customer);
  await using visitor = await open({ width: PHONE, locale: 'de-AT' });
  const { page, faults } = visitor;
  await page.goto('/account');
  await page.getByLabel('E-Mail').fill(customer.email);
  await page.getByLabel('Passwort', { exact: true }).fill(customer.password);
  await button(page, 'Anmelden').click();
  await page.getByText('0 von 1 Gerät genutzt').waitFor();
  await looksRight(page, 'german');
  await button(page, 'Menü').click();
  await page.getByRole('link', { name: 'Einstellungen' }).click();
  await page.getByRole('heading', { name: 'Konto löschen' }).waitFor();
  expect(faults).toEqual([]);
});

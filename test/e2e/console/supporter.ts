import type { Browser, Locator } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults, scrollsSideways } from '../../support/browser/accessibility.ts';
import { type Visitor, visit } from '../../support/browser/browser.ts';
import { screenshots } from '../../support/browser/screenshot.ts';
import { totpCode } from '../../support/requests/staff.ts';

const PASSWORD = 'correct horse battery staple';

/** Somebody at the console: finds buttons and fields by what they are called, as a person does. */
export class Supporter implements AsyncDisposable {
  readonly #visitor: Visitor;
  /** Of the authenticator app. */
  secret = '';
  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }
  get page() {
    return this.#visitor.page;
  }
  get faults() {
    return this.#visitor.faults;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#visitor[Symbol.asyncDispose]());
  }

  async go(hash: string): Promise<void> {
    await this.page.goto(`/console${hash}`);
  }

  /** From the search to the customer's page: who is found alone is opened. */
  async find(said: string): Promise<void> {
    await this.go('#/');
    await this.page.getByRole('searchbox').fill(said);
    await this.press('Search');
    await this.page.getByRole('heading', { name: 'Timeline' }).waitFor();
  }

  heading(name: string): Promise<void> {
    return this.page.getByRole('heading', { name, exact: true, level: 1 }).waitFor();
  }

  #within(place?: 'dialog'): Locator {
    return place ? this.page.getByRole('dialog') : this.page.locator('body');
  }

  async press(name: string, place?: 'dialog'): Promise<void> {
    await this.#within(place).getByRole('button', { name, exact: true }).last().click();
  }

  /** Opens an action's dialog. */
  async open(name: string): Promise<void> {
    await this.press(name);
    await this.page.getByRole('dialog').waitFor();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByRole('dialog').getByLabel(label).first().fill(text);
  }

  async choose(label: string, option: string): Promise<void> {
    await this.page.getByRole('dialog').getByLabel(label).selectOption({ label: option });
  }

  /** An action from its button to its end. */
  async act(name: string, fields: Readonly<Record<string, string>>, submit: string): Promise<void> {
    await this.open(name);
    for (const [label, text] of Object.entries(fields)) await this.fill(label, text);
    await this.press(submit, 'dialog');
  }

  /** Begins another session in this browser, without this page. */
  async logInElsewhere(email: string): Promise<void> {
    const { request } = this.page.context();
    const answer = await request.post('/v1/staff/login', { data: { email, password: PASSWORD } });
    const { ticket } = (await answer.json()) as { readonly ticket: string };
    const code = totpCode(this.secret, 1);
    const began = await request.post('/v1/staff/login/second-factor', { data: { ticket, code } });
    expect(began.status()).toBe(204);
  }

  said(text: string): Promise<void> {
    return this.page.getByRole('status').getByText(text, { exact: true }).waitFor();
  }

  /** What is shown is accessible, fits a phone, and is written to be looked at where that was asked for. */
  async looksRight(name: string): Promise<void> {
    expect(await accessibilityFaults(this.page), name).toEqual([]);
    expect(await scrollsSideways(this.page), name).toBe(false);
    await screenshots(this.page, `console-${name}`);
  }
}

/** A member of staff, from the link of their invitation to a session. */
export async function welcomed(browser: Browser, url: string, token: string): Promise<Supporter> {
  const supporter = new Supporter(await visit(browser, { url }));
  const { page } = supporter;
  await supporter.go('#/');
  await supporter.heading('Sign in');
  // Pasted into the open page: the browser loads nothing.
  await supporter.go(`#welcome=${token}`);
  await page.getByLabel('New password').fill(PASSWORD);
  await supporter.looksRight('welcome');
  await supporter.press('Set the password');
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  await supporter.looksRight('second-factor');
  supporter.secret = await page.locator('.copy-text code').innerText();
  // That of the step before: the ones of now and next are left for whoever signs in again.
  await page.getByLabel('Code from').fill(totpCode(supporter.secret, -1));
  await supporter.press('Confirm');
  await page.locator('.codes li').first().waitFor();
  expect(await page.locator('.codes li').count()).toBe(10);
  await supporter.looksRight('recovery-codes');
  await supporter.press('I have kept them');
  await supporter.heading('Find a customer');
  await supporter.looksRight('find');
  return supporter;
}

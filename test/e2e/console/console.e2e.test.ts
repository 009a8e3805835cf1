import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_SCOPES } from '../../../shared/tokens/scopes.ts';
import { launchBrowser, PHONE } from '../../support/browser/browser.ts';
import { totpCode } from '../../support/requests/staff.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { Receiver } from './receiver.ts';
import { Seller } from './seller.ts';
import { type Supporter, welcomed } from './supporter.ts';

/** Ten things that supporters are asked for, each from the search to its effect, in one session and by what the page says. */
let stack: LaunchedStack;
let browser: Browser;
let seller: Seller;
let supporter: Supporter;
let staffId: string;
beforeAll(async () => {
  [stack, browser] = await Promise.all([
    launch({ args: ['--no-tour', '--query-nodes', '1'] }),
    launchBrowser(),
  ]);
  seller = new Seller(stack.url, await stack.tool('token', '--role', 'operator', '--subject', 'seller'));
});
afterAll(async () => {
  await supporter?.[Symbol.asyncDispose]();
  await browser?.close();
  if (stack) await dispose(stack);
});

/** Under a minute of the machine's time, nothing that axe or the policy has to say. */
const aCase = (name: string, run: (s: Supporter) => Promise<void>) =>
  it(name, async () => {
    const began = performance.now();
    await run(supporter);
    expect(supporter.faults).toEqual([]);
    expect(performance.now() - began).toBeLessThan(60_000);
  });

it('an invited member of staff sets password and second factor by the link', async () => {
  const member = { name: 'Grace Hopper', email: 'grace@seller.example', scopes: ALL_SCOPES };
  const invited = await seller.post('/v1/staff', member);
  staffId = String(invited.body.staff_id);
  supporter = await welcomed(browser, stack.url, String(invited.body.welcome_token));
});

describe('a supporter', () => {
  aCase(
    'frees the place of a laptop that was stolen, found by a license key that was read out',
    async (s) => {
      const { licenseKey, validates } = await seller.customer('ada@example.com', {
        machines: ['Office laptop'],
      });
      await s.find(licenseKey.toLowerCase().replaceAll('-', ' '));
      await s.heading('ada@example.com');
      await s.looksRight('customer');
      await s.act('Free the place: Office laptop', { Reason: 'stolen' }, 'Free the place');
      await s.said('The place is free.');
      await s.page.getByText('Deactivated ada-0').waitFor();
      await validates('Office laptop', 'DEACTIVATED');
    },
  );

  aCase('suspends who has not paid and reinstates them', async (s) => {
    const { validates } = await seller.customer('bob@example.com', { machines: ['PC'] });
    await s.find('bob@');
    await s.act('Suspend: pro', { Reason: 'invoice 1042' }, 'Suspend');
    await s.said('The subscription was suspended.');
    await validates('PC', 'SUSPENDED');
    await s.act('Reinstate: pro', {}, 'Reinstate');
    await s.said('The subscription was reinstated.');
    await validates('PC', 'VALID');
  });

  aCase('sees what a colleague did meanwhile, and does it all the same', async (s) => {
    const { subscriptionId, isShown } = await seller.customer('carol@example.com');
    await s.find('carol@example.com');
    await s.open('Change the plan: pro');
    await seller.post(`/v1/subscriptions/${subscriptionId}/suspend`, { reason: 'a dispute' });
    await seller.post(`/v1/subscriptions/${subscriptionId}/reinstate`, {});
    await s.choose('Plan', 'enterprise');
    await s.press('Change the plan', 'dialog');
    await s.page.getByText('Somebody changed this customer meanwhile').waitFor();
    const changes = s.page.getByRole('dialog').getByRole('listitem');
    await changes.first().waitFor();
    expect(await changes.locator('strong').allInnerTexts()).toEqual(['Suspended', 'Reinstated']);
    await s.looksRight('changed-meanwhile');
    await isShown({ plan_type: 'pro' });
    await s.press('Do it all the same', 'dialog');
    await s.said('The plan was changed.');
    await isShown({ plan_type: 'enterprise' });
  });

  aCase('renews for a customer who is found by the id in the billing system', async (s) => {
    const { subscription, isShown } = await seller.customer('dan@example.com', { externalId: 'cus_dan' });
    const before = Date.parse(String((await subscription()).end_date));
    await s.find('cus_dan');
    // An earlier end would be answered as done, and change nothing.
    await s.open('Renew: pro');
    await s.choose('Until when', 'To a date');
    await s.fill('Ends at the beginning of', new Date(before).toISOString().slice(0, 10));
    await s.press('Renew', 'dialog');
    expect(await s.page.getByRole('dialog').locator('input:invalid').count()).toBe(1);
    await s.press('Cancel', 'dialog');
    await s.act('Renew: pro', { Months: '6' }, 'Renew');
    await s.said('The subscription was renewed.');
    const end = new Date(before);
    end.setUTCMonth(end.getUTCMonth() + 6);
    await isShown({ end_date: end.toISOString() });
  });

  aCase('gives a link for a new password, which the customer uses', async (s) => {
    await seller.customer('eve@example.com');
    await s.find('eve@example.com');
    await s.open('Reset the password');
    await s.press('Reset the password', 'dialog');
    const link = await s.page.getByRole('dialog').locator('code').filter({ hasText: '#reset=' }).innerText();
    await s.press('Close', 'dialog');
    const token = link.split('#reset=')[1];
    const confirmed = await seller.anyone('/v1/password-resets/confirm', {
      token,
      new_password: 'a new and long one',
    });
    expect(confirmed.status).toBe(204);
    await s.page.reload();
    await s.page.getByText('Password changed').waitFor();
  });

  aCase('issues a license key for five machines, and revokes it', async (s) => {
    await seller.customer('fay@example.com', { keys: false });
    await s.find('fay@example.com');
    await s.act('Issue a license key', { Machines: '5', Note: 'the lab' }, 'Issue a license key');
    const key = await s.page.getByRole('dialog').locator('.copy-text code').innerText();
    await s.looksRight('license-key');
    await s.press('Close', 'dialog');
    expect((await seller.activate(key, 'lab-1')).status).toBe(201);
    await s.page.reload();
    await s.page.getByText('4 of 5 left').waitFor();
    await s.act(`Revoke: ${key}`, { Reason: 'leaked' }, 'Revoke');
    await s.said('The license key was revoked.');
    expect((await seller.activate(key, 'lab-2')).body.code).toBe('license_key_revoked');
  });

  aCase('adds a customer and starts a subscription, on a phone', async (s) => {
    await s.page.setViewportSize({ width: PHONE, height: 844 });
    await s.go('#/');
    await s.act('Add a customer', { Email: 'gil@example.com', Name: 'Gil' }, 'Add a customer');
    await s.page.getByRole('link', { name: 'Open the customer' }).click();
    await s.heading('gil@example.com');
    await s.open('Start a subscription');
    await s.choose('Plan', 'basic');
    await s.fill('Quantity', '3');
    await s.press('Start a subscription', 'dialog');
    await s.said('The subscription was started.');
    await s.page.getByRole('heading', { name: 'basic × 3' }).waitFor();
    await s.looksRight('phone');
    await s.page.setViewportSize({ width: 1280, height: 800 });
  });

  aCase('cancels at once, and withdraws another cancellation', async (s) => {
    const { validates } = await seller.customer('hal@example.com', { machines: ['PC'] });
    await s.find('hal@example.com');
    await s.act('Cancel: pro', {}, 'Cancel the subscription');
    await s.said('The subscription was cancelled.');
    await s.act('Withdraw the cancellation: pro', {}, 'Withdraw the cancellation');
    await s.said('The cancellation was withdrawn.');
    await s.open('Cancel: pro');
    await s.page.getByLabel('End it now').check();
    await s.press('Cancel the subscription', 'dialog');
    await s.page.getByText('The subscription was cancelled.').waitFor();
    await validates('PC', 'CANCELLED');
  });

  aCase('copies what a script would send, and a script sends it', async (s) => {
    const { isShown } = await seller.customer('ida@example.com');
    await s.find('ida@example.com');
    await s.open('Suspend: pro');
    await s.page.getByText('The same with curl').click();
    const curl = await s.page.getByRole('dialog').locator('pre').innerText();
    await s.press('Cancel', 'dialog');
    expect(await seller.shell(curl)).toMatchObject({ status: 'suspended' });
    await isShown({ status: 'suspended' });
  });

  aCase('erases who asks for it, and only after it was typed', async (s) => {
    const { userId } = await seller.customer('joe@example.com', { machines: ['PC'] });
    await s.find('joe@example.com');
    await s.open('Erase');
    await s.fill('Type the word ERASE', 'yes');
    await s.press('Erase', 'dialog');
    expect((await seller.get(`/v1/users/${userId}`)).body.status).toBe('active');
    await s.fill('Type the word ERASE', 'ERASE');
    await s.press('Erase', 'dialog');
    await s.page.getByText('what named them is gone').waitFor();
    await s.looksRight('erased');
    // Nothing that they had is shown as if it worked.
    for (const part of ['Subscriptions', 'Machines', 'License keys']) {
      const shown = s.page.getByRole('region', { name: part });
      await shown.getByText('erased', { exact: true }).first().waitFor();
      expect(await shown.getByText(/^(active|good)$/).count()).toBe(0);
    }
    expect(await s.page.getByText('joe@example.com').count()).toBe(0);
  });
});

describe('whoever leads them', () => {
  aCase('invites a colleague who may read alone, and they are offered nothing else', async (s) => {
    await s.go('#/staff');
    await s.open('Invite somebody');
    await s.fill('Name', 'Rosa');
    await s.fill('Email', 'rosa@seller.example');
    for (const scope of ['customers:read', 'history:read'])
      await s.page.getByRole('dialog').getByRole('checkbox', { name: scope }).check();
    await s.looksRight('invite');
    await s.press('Invite somebody', 'dialog');
    const link = await s.page
      .getByRole('dialog')
      .locator('code')
      .filter({ hasText: '#welcome=' })
      .innerText();
    await s.press('Close', 'dialog');
    // A list is as of no position.
    await s.page.reload();
    await s.page.getByRole('cell', { name: 'Rosa' }).waitFor();
    await s.looksRight('staff');
    await seller.customer('kim@example.com', { machines: ['PC'] });
    await using rosa = await welcomed(browser, stack.url, String(link.split('#welcome=')[1]));
    await rosa.find('kim@example.com');
    expect(await rosa.page.getByRole('main').getByRole('button').allInnerTexts()).toEqual(['Copy']);
    expect(await rosa.page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual([
      'Customers',
      'Subscriptions',
      'Plans',
      'Figures',
      'Parked events',
    ]);
    await rosa.go('#/staff');
    await rosa.page.getByText('This page needs the scope staff:write').waitFor();
    expect(rosa.faults).toEqual([]);
  });

  aCase('makes a service account whose secret works, and changes its key', async (s) => {
    await s.go('#/service-accounts');
    await s.open('Add a service account');
    await s.fill('Name', 'billing');
    await s.page.getByRole('dialog').getByRole('checkbox', { name: 'subscriptions:write' }).check();
    await s.press('Add a service account', 'dialog');
    await s.page.getByRole('link', { name: 'Open it' }).click();
    await s.heading('billing');
    await s.open('Issue a key');
    await s.press('Issue a key', 'dialog');
    const shown = s.page.getByRole('dialog').locator('.copy-text code');
    await shown.first().waitFor();
    const [id, secret] = await shown.allInnerTexts();
    await s.press('Close', 'dialog');
    expect(await seller.tokenFor(String(id), String(secret))).toBe(200);
    await s.looksRight('service-account');
    await s.page.getByRole('button', { name: /^Revoke: / }).click();
    await s.press('Revoke', 'dialog');
    await s.said('The key was revoked.');
    expect(await seller.tokenFor(String(id), String(secret))).toBe(401);
  });

  aCase('adds a webhook, and sees its test delivered', async (s) => {
    await using receiver = await Receiver.start();
    await s.go('#/webhooks');
    await s.open('Add a webhook');
    await s.fill('Address', receiver.url);
    await s.fill('Description', 'CRM');
    await s.looksRight('add-webhook');
    await s.press('Add a webhook', 'dialog');
    await s.page
      .getByRole('dialog')
      .getByText(/^whsec_/)
      .waitFor();
    await s.press('Close', 'dialog');
    await s.page.getByRole('link', { name: receiver.url }).click();
    await s.heading('CRM');
    await s.act('Send a test', {}, 'Send a test');
    await receiver.received('webhook.test');
    await s.page.reload();
    await s.page.getByRole('cell', { name: 'webhook.test' }).waitFor();
    // Of what happens meanwhile it may have been told too.
    const row = s.page.getByRole('row').filter({ hasText: 'webhook.test' });
    await row.getByRole('button', { name: /^Show: / }).click();
    await s.page.getByRole('dialog').getByText('"webhook.test"').waitFor();
    await s.looksRight('delivery');
  });

  aCase('looks at what is sold and how much, in German too, with the keyboard alone', async (s) => {
    for (const [place, name] of [
      ['#/subscriptions', 'subscriptions'],
      ['#/plans', 'plans'],
      ['#/figures', 'figures'],
      ['#/mails', 'mails'],
      ['#/parked-events', 'parked-events'],
      ['#/me', 'me'],
    ] as const) {
      await s.go(place);
      await s.page.locator('.loaded[aria-busy=true]').waitFor({ state: 'detached' });
      await s.looksRight(name);
    }
    await s.page.getByLabel('Language').selectOption('de');
    await s.page.getByRole('link', { name: 'Abos', exact: true }).waitFor();
    await s.page.getByRole('link', { name: 'Kunden', exact: true }).focus();
    await s.page.keyboard.press('Enter');
    await s.heading('Kunden finden');
    expect(await s.page.evaluate('document.activeElement.id')).toBe('search');
    await s.page.keyboard.type('kim@example.com');
    await s.page.keyboard.press('Enter');
    await s.page.getByRole('heading', { name: 'Verlauf' }).waitFor();
    await s.looksRight('german');
    await s.page.getByRole('button', { name: 'Sperren: pro' }).focus();
    await s.page.keyboard.press('Enter');
    await s.page.getByRole('dialog').waitFor();
    await s.page.keyboard.press('Escape');
    await s.page.getByRole('dialog').waitFor({ state: 'detached' });
    await s.page.getByLabel('Sprache').selectOption('en');
    await s.page.getByRole('heading', { name: 'Timeline' }).waitFor();
  });

  aCase('signs in again over the page when the session was ended, and out at last', async (s) => {
    await s.find('kim@example.com');
    await s.open('Suspend: pro');
    await s.fill('Reason', 'a long story');
    // A query under way would notice the end of the session before the button does.
    await s.page.locator('.loaded[aria-busy=true]').first().waitFor({ state: 'detached' });
    await seller.post(`/v1/staff/${staffId}/sessions/end`, {});
    await s.press('Suspend', 'dialog');
    const again = s.page.getByRole('dialog').filter({ hasText: 'Your session has ended' });
    await again.getByLabel('Email').fill('grace@seller.example');
    await again.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await again.getByRole('button', { name: 'Continue' }).click();
    await again.getByLabel('Code from').waitFor();
    await s.looksRight('session-over');
    await again.getByLabel('Code from').fill(totpCode(s.secret));
    await again.getByRole('button', { name: 'Sign in', exact: true }).click();
    await again.waitFor({ state: 'detached' });
    expect(await s.page.getByRole('dialog').getByLabel('Reason').inputValue()).toBe('a long story');
    await s.press('Suspend', 'dialog');
    await s.said('The subscription was suspended.');
    // As another tab does it; this page knows nothing of it.
    const context = s.page.context();
    const before = await context.cookies();
    await s.logInElsewhere('grace@seller.example');
    await s.act('Reinstate: pro', {}, 'Reinstate');
    await again.waitFor();
    await s.page.reload();
    await s.heading('kim@example.com');
    await context.addCookies(before);
    await s.press('Sign out');
    await s.heading('Sign in');
    await s.page.reload();
    await s.heading('Sign in');
    await s.looksRight('sign-in');
  });
});

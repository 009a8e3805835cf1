import { randomUUID } from 'node:crypto';
import { type Author, instant, newId, TERMS } from './author.ts';
import { projected, type System } from './system.ts';

const DAY = 86_400_000;

/** A trial of another product, in whose place a paid plan comes; and one of the first product that was over long ago. */
async function secondProduct(user: Author): Promise<void> {
  const { userId } = user;
  const start = (product: string, trial: boolean, startDate: number, endDate: number) => {
    const dates = { startDate: instant(startDate), endDate: instant(endDate) };
    const bought = { product, plan: 'pro', terms: TERMS, quantity: trial ? 1 : 5, trial };
    const data = { userId, subscriptionId: newId(startDate), ...bought, ...dates };
    return { type: 'SubscriptionStarted', data } as const;
  };
  const now = Date.now();
  const trial = start('pdf', true, now - DAY, now + 13 * DAY);
  const { subscriptionId } = trial.data;
  const paid = start('pdf', false, now, now + 30 * DAY);
  const license = { userId, licenseId: newId(), subscriptionId, product: 'pdf', clientId: 'a', personal: {} };
  await user.append(trial, { type: 'LicenseActivated', data: license });
  await user.append(
    { type: 'SubscriptionCancelled', data: { userId, subscriptionId, endDate: instant(now), personal: {} } },
    paid,
    start('app', false, now - 900 * DAY, now - 800 * DAY),
  );
}

/** A license key that is used up, one that was revoked, and a client that came back by the first. */
async function licenseKeys(user: Author): Promise<void> {
  const { userId } = user;
  const [used, revoked] = [newId(), newId()];
  const issued = { userId, product: 'app', keyDigest: '0'.repeat(64), personal: {} };
  const client = { userId, clientId: 'by-key', personal: {} };
  const activated = (licenseId: string) => {
    const data = { ...client, licenseId, product: 'app', subscriptionId: newId(), keyId: used, keyUses: 1 };
    return { type: 'LicenseActivated', data } as const;
  };
  const first = newId();
  await user.append(
    { type: 'LicenseKeyIssued', data: { ...issued, keyId: used, uses: 1 } },
    {
      type: 'LicenseKeyIssued',
      data: { ...issued, keyId: revoked, imported: true, expiresAt: instant(Date.now() + DAY) },
    },
    activated(first),
  );
  await user.append(
    { type: 'LicenseKeyRevoked', data: { userId, keyId: revoked, personal: {} } },
    { type: 'LicenseDeactivated', data: { ...client, licenseId: first } },
    activated(newId()),
  );
}

/** A history with something of everything in it, an erased user and parked events among them. */
export async function history(system: System, users: number): Promise<string> {
  let position = '';
  for (let i = 0; i < users; i++) {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const subscriptionId = await user.subscribe(i % 2 ? 'pro' : 'free', Date.now() - (i % 40) * 100 * DAY);
    const licenseId = await user.activate('a', `Machine ${i}`);
    await user.activate('b');
    const license = { userId, licenseId, clientId: 'a', personal: {} };
    if (i % 3 === 0) await user.append({ type: 'LicenseDeactivated', data: license });
    if (i % 3 === 1) await user.append({ type: 'LicenseRevoked', data: license });
    if (i % 4 === 0)
      await user.append({ type: 'SubscriptionSuspended', data: { userId, subscriptionId, personal: {} } });
    if (i % 6 === 0) await secondProduct(user);
    if (i % 6 === 3) await licenseKeys(user);
    if (i % 5 === 0) {
      await user.append({
        type: 'LoggedOut',
        data: { userId, tokenId: randomUUID(), expiresAt: instant(Date.now() + DAY) },
      });
    }
    if (i % 7 === 6) await user.erase();
    if (i % 10 === 9) {
      await user.append({
        type: 'SubscriptionPlanChanged',
        data: { product: 'app', quantity: 1, userId, subscriptionId: newId(), plan: 'x', terms: TERMS },
      });
    }
    const other: Author = system.author();
    position = await other.signUp();
  }
  await projected(system, position);
  return position;
}

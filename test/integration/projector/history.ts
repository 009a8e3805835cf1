import { randomUUID } from 'node:crypto';
import { type Author, instant, newId, TERMS } from './author.ts';
import { projected, type System } from './system.ts';

const DAY = 86_400_000;

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

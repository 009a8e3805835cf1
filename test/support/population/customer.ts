import type { NewUserEvent, ReservationEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import type { Side } from '../../../shared/subscription-status.ts';
import { LicenseKeys } from './license-keys.ts';
import { type Act, instant, Subscriptions, type Surroundings } from './subscriptions.ts';

/** A customer whose events obey the rules: what the write side would have refused never happens here. */
export class Customer {
  readonly userId: string;
  readonly email: string;
  readonly emailDigest: string;
  /** Who made the account: some are customers of the seller's before they have a password. */
  readonly addedBy: Side;
  readonly #world: Surroundings;
  readonly #subscriptions: Subscriptions;
  readonly #keys: LicenseKeys;
  /** Client to license. */
  readonly #active = new Map<string, string>();
  readonly #revoked = new Map<string, string>();
  #clients = 0;

  constructor(world: Surroundings, at: number, email: string, emailDigest: string) {
    this.#world = world;
    this.userId = this.#newId(at);
    this.email = email;
    this.emailDigest = emailDigest;
    this.addedBy = world.random.below(4) === 0 ? 'staff' : 'user';
    this.#subscriptions = new Subscriptions(this.userId, world);
    this.#keys = new LicenseKeys(this.userId, world);
  }

  signUp(): [ReservationEvent, NewUserEvent] {
    const { userId, email, emailDigest } = this;
    const reserved = { type: 'EmailReserved', data: { userId } } as const;
    const data = { userId, emailDigest };
    return this.addedBy === 'staff'
      ? [reserved, { type: 'UserAdded', data: { ...data, personal: { email, name: 'A customer' } } }]
      : [
          reserved,
          {
            type: 'UserSignedUp',
            data: { ...data, personal: { email, passwordHash: this.#world.passwordHash } },
          },
        ];
  }

  erase(): [NewUserEvent, ReservationEvent] {
    const { userId } = this;
    return [
      { type: 'UserErased', data: { userId, emailBlocked: false } },
      { type: 'EmailReleased', data: { userId } },
    ];
  }

  /** What the customer (or staff about them) does next. @param most events that it may be */
  async act(at: number, most: number): Promise<Act> {
    const dice = this.#world.random.below(100);
    if (dice < 3) return this.#changePassword();
    if (dice < 7) return this.#logOut(at);
    const usable = this.#subscriptions.usable(at);
    const bought = !usable || dice < 40 ? this.#subscriptions.act(at, this.#active.size, most) : undefined;
    if (bought) return bought;
    const issued = usable && most > 1 ? await this.#keys.issue(at) : undefined;
    if (issued) return issued;
    return usable ? this.#useClients(usable, at) : this.#logOut(at);
  }

  #useClients({ id, places }: { readonly id: string; readonly places: number }, at: number): Act {
    const dice = this.#world.random.below(100);
    const full = this.#active.size >= places;
    const [revoked] = this.#revoked;
    if (dice < 15 && revoked && !full) return this.#reinstate(revoked);
    const [oldest] = this.#active;
    if (oldest && dice < 25) return this.#end('LicenseRevoked', oldest);
    if (oldest && (full || dice < 45)) return this.#end('LicenseDeactivated', oldest);
    return this.#activate(id, at);
  }

  #changePassword(): Act {
    const data = { userId: this.userId, personal: { passwordHash: this.#world.passwordHash } };
    return { by: 'user', events: [{ type: 'PasswordChanged', data }] };
  }

  #logOut(at: number): Act {
    const data = { userId: this.userId, tokenId: this.#newId(at), expiresAt: instant(at + 900_000) };
    return { by: 'user', events: [{ type: 'LoggedOut', data }] };
  }

  #activate(subscriptionId: string, at: number): Act {
    this.#clients += 1;
    const { userId } = this;
    const clientId = `machine-${this.#clients}`;
    const licenseId = this.#newId(at);
    this.#active.set(clientId, licenseId);
    const personal = { clientName: `the computer number ${this.#clients}` };
    const used = this.#keys.use();
    const data = { product: 'app', userId, licenseId, subscriptionId, clientId, ...used, personal };
    return { by: 'user', events: [{ type: 'LicenseActivated', data }] };
  }

  #end(type: 'LicenseDeactivated' | 'LicenseRevoked', [clientId, licenseId]: readonly [string, string]): Act {
    this.#active.delete(clientId);
    if (type === 'LicenseRevoked') this.#revoked.set(clientId, licenseId);
    const data = { userId: this.userId, licenseId, clientId, personal: {} };
    return { by: type === 'LicenseRevoked' ? 'staff' : 'user', events: [{ type, data }] };
  }

  #reinstate([clientId, licenseId]: readonly [string, string]): Act {
    this.#revoked.delete(clientId);
    this.#active.set(clientId, licenseId);
    const data = { userId: this.userId, licenseId, clientId, personal: {} };
    return { by: 'staff', events: [{ type: 'LicenseReinstated', data }] };
  }

  #newId(at: number): string {
    return uuidv7(at, this.#world.random.bytes(10));
  }
}

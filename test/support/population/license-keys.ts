import { reservationStream } from '../../../shared/events/streams.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import type { Act, Surroundings } from './subscriptions.ts';

const MOST = 3;
/** Of what a customer does while they have room for clients. */
const ONE_IN = 12;

/** A customer's license keys without a limit of uses: issued now and then, and used for about every other client. */
export class LicenseKeys {
  readonly #userId: string;
  readonly #world: Surroundings;
  readonly #keys: { readonly keyId: string; uses: number }[] = [];

  constructor(userId: string, world: Surroundings) {
    this.#userId = userId;
    this.#world = world;
  }

  /** A new key, with its reservation: two events. undefined for most of the time. */
  async issue(at: number): Promise<Act | undefined> {
    const { random, keyDigest } = this.#world;
    if (!keyDigest || this.#keys.length === MOST || random.below(ONE_IN) > 0) return undefined;
    const userId = this.#userId;
    const keyId = uuidv7(at, random.bytes(10));
    const digest = await keyDigest(keyId);
    this.#keys.push({ keyId, uses: 0 });
    return {
      by: 'user',
      reserved: {
        stream: reservationStream('key', digest),
        event: { type: 'LicenseKeyReserved', data: { userId, keyId } },
      },
      events: [
        {
          type: 'LicenseKeyIssued',
          data: { userId, keyId, product: 'app', keyDigest: digest, personal: {} },
        },
      ],
    };
  }

  /** How a new client is activated: by a key, counted, or by the customer. */
  use(): { readonly keyId: string; readonly keyUses: number } | undefined {
    if (this.#keys.length === 0 || this.#world.random.below(2) === 0) return undefined;
    const key = this.#world.random.pick(this.#keys);
    key.uses += 1;
    return { keyId: key.keyId, keyUses: key.uses };
  }
}

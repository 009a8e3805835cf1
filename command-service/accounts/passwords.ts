import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { HashingQueue, type HashingQueueOptions, type Requester } from './hashing-queue.ts';

const derive = promisify(argon2);

/** A stored hash is not one that {@link Passwords} made. */
export class PasswordHashInvalid extends Error {
  readonly code = 'password_hash_invalid';
  constructor() {
    super('a stored password hash is not in the form $argon2id$v=19$m=…,t=…,p=…$salt$hash');
    this.name = 'PasswordHashInvalid';
  }
}

export interface HashingCost {
  /** Memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
export const OWASP_COST: HashingCost = { memory: 19_456, passes: 2, parallelism: 1 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43,86})$/;

export interface PasswordsOptions extends HashingQueueOptions {
  readonly cost?: HashingCost;
}

/**
 * Hashes and verifies passwords with argon2id, off the event loop. Hashes are PHC strings, so that one made at
 * another cost verifies too. Passwords are compared in Unicode form NFKC (NIST SP 800-63B, 3.1.1.2): the same
 * characters typed on another keyboard are the same password.
 */
export class Passwords {
  readonly #cost: HashingCost;
  readonly #queue: HashingQueue;

  constructor({ cost = OWASP_COST, ...options }: PasswordsOptions) {
    this.#cost = cost;
    this.#queue = new HashingQueue(options);
  }

  /** For metrics: how many are being hashed, and how many wait for that. */
  get load(): HashingQueue['load'] {
    return this.#queue.load;
  }

  /** @throws PasswordHashingBusy */
  async hash(password: string, requester: Requester): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const { memory, passes, parallelism } = this.#cost;
    const hash = await this.#derive(requester, password, {
      nonce: salt,
      tagLength: HASH_BYTES,
      ...this.#cost,
    });
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
  }

  /** @throws PasswordHashingBusy, PasswordHashInvalid */
  async verify(hash: string, password: string, requester: Requester): Promise<boolean> {
    const parts = PHC.exec(hash);
    if (!parts) throw new PasswordHashInvalid();
    const [memory, passes, parallelism] = parts.slice(1, 4).map(Number) as [number, number, number];
    const [salt, expected] = parts.slice(4).map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer];
    const actual = await this.#derive(requester, password, {
      nonce: salt,
      tagLength: expected.length,
      memory,
      passes,
      parallelism,
    });
    return timingSafeEqual(actual, expected);
  }

  /** Takes as long as {@link verify} and is never right: for a user who does not exist. */
  async verifyNobody(password: string, requester: Requester): Promise<false> {
    await this.#derive(requester, password, {
      nonce: Buffer.alloc(SALT_BYTES),
      tagLength: HASH_BYTES,
      ...this.#cost,
    });
    return false;
  }

  #derive(
    requester: Requester,
    password: string,
    how: HashingCost & { readonly nonce: Buffer; readonly tagLength: number },
  ): Promise<Buffer> {
    const message = password.normalize('NFKC');
    return this.#queue.run(requester, () => derive('argon2id', { message, ...how }));
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

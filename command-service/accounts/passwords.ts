import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** More passwords are waiting to be hashed than this node takes on. */
export class PasswordHashingBusy extends Error {
  readonly code = 'password_hashing_busy';
  constructor() {
    super('too many passwords are waiting to be hashed');
    this.name = 'PasswordHashingBusy';
  }
}

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

export interface PasswordsOptions {
  /** How many are hashed at once; each takes a thread of libuv's pool and 19 MiB. */
  readonly maxConcurrent: number;
  /** How many may wait for that; further ones are refused. */
  readonly maxWaiting: number;
  readonly cost?: HashingCost;
}

/**
 * Hashes and verifies passwords with argon2id, off the event loop. Hashes are PHC strings, so that one made at
 * another cost verifies too. Passwords are compared in Unicode form NFKC (NIST SP 800-63B, 3.1.1.2): the same
 * characters typed on another keyboard are the same password.
 */
export class Passwords {
  readonly #cost: HashingCost;
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ maxConcurrent, maxWaiting, cost = OWASP_COST }: PasswordsOptions) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxWaiting = maxWaiting;
    this.#cost = cost;
  }

  /** For metrics: how many are being hashed, and how many wait for that. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#waiting.length };
  }

  /** @throws PasswordHashingBusy */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const { memory, passes, parallelism } = this.#cost;
    const hash = await this.#derive(password, salt, this.#cost, HASH_BYTES);
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
  }

  /** @throws PasswordHashingBusy, PasswordHashInvalid */
  async verify(hash: string, password: string): Promise<boolean> {
    const parts = PHC.exec(hash);
    if (!parts) throw new PasswordHashInvalid();
    const [memory, passes, parallelism] = parts.slice(1, 4).map(Number) as [number, number, number];
    const [salt, expected] = parts.slice(4).map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer];
    const actual = await this.#derive(password, salt, { memory, passes, parallelism }, expected.length);
    return timingSafeEqual(actual, expected);
  }

  /** Takes as long as {@link verify} and is never right: for a user who does not exist. */
  async verifyNobody(password: string): Promise<false> {
    await this.#derive(password, Buffer.alloc(SALT_BYTES), this.#cost, HASH_BYTES);
    return false;
  }

  async #derive(password: string, nonce: Buffer, cost: HashingCost, tagLength: number): Promise<Buffer> {
    await this.#enter();
    try {
      return await derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength, ...cost });
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /** Takes a place, or waits until one that is given up is handed on. */
  #enter(): Promise<void> {
    if (this.#running < this.#maxConcurrent) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(new PasswordHashingBusy());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

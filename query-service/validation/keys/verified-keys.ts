import { hash } from 'node:crypto';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import type { KeyRing } from '../../../shared/tokens/key-ring.ts';
import { MAX_TOKEN_LENGTH, type Tokens } from '../../../shared/tokens/tokens.ts';
import type { SeenClient } from '../../../shared/usage/last-seen.ts';
import type { Prepared } from '../answer/prepared.ts';
import type { Named } from '../views/loading.ts';
import { BoundedMap } from './bounded-map.ts';

/** What an activation key says, once its signature was verified. */
export interface VerifiedKey extends Named, SeenClient {
  readonly kid: string;
  readonly activated: Position;
  /** The name of its counter among the rate limits. */
  readonly limitKey: string;
  /** The last answer, for when the same is asked again. */
  prepared: Prepared | undefined;
  /** Uses that usage-tally.ts has not handed on yet, and the address they came from. */
  uses: number;
  usedFrom: string;
  /** As it was named in the last question that was read. */
  appVersion: string | undefined;
}

export interface VerifiedKeysOptions {
  readonly tokens: Pick<Tokens, 'verifyActivationKey'>;
  readonly ring: Pick<KeyRing, 'accepts'>;
  /** Most good keys that are remembered, about 700 bytes each. */
  readonly maxKeys: number;
  /** Most bad ones, about 150 bytes each; default 10,000. */
  readonly maxBad?: number;
  /** Signatures verified at once; default 16. More would only wait for the same threads. */
  readonly atOnce?: number;
}

/** The name of the limit on a license's validations. */
export const LIMIT_NAME = 'validations';

/** Unverified keys that wait their turn: one or two seconds of work, and more than there are connections. */
const MAX_WAITING = 20_000;

/** Three parts, the last of an Ed25519 signature's length. */
const mayBeToken = (token: string): boolean => {
  if (token.length > MAX_TOKEN_LENGTH) return false;
  const signature = token.lastIndexOf('.');
  return signature > 0 && token.length - signature === 87 && token.indexOf('.') < signature;
};

/**
 * Tells good activation keys from bad ones, and remembers both apart, so that a flood of bad ones pushes no good one
 * out. A remembered good key costs a lookup; a key under a withdrawn id is good no longer, remembered or not.
 */
export class VerifiedKeys {
  readonly #options: VerifiedKeysOptions;
  readonly #good: BoundedMap<string, VerifiedKey>;
  /** Digests: what a stranger sends may be long. */
  readonly #bad: BoundedMap<string, true>;
  readonly #verifying = new Map<string, Promise<VerifiedKey | undefined>>();
  readonly #queue: (() => void)[] = [];
  readonly #kids = new Map<string, string>();
  #running = 0;

  constructor(options: VerifiedKeysOptions) {
    this.#options = options;
    this.#good = new BoundedMap(options.maxKeys);
    this.#bad = new BoundedMap(options.maxBad ?? 10_000);
  }

  get size(): { readonly good: number; readonly bad: number } {
    return { good: this.#good.size, bad: this.#bad.size };
  }

  /** A key that was verified before and is still good. */
  remembered(token: string): VerifiedKey | undefined {
    const key = this.#good.get(token);
    return key && this.#options.ring.accepts(key.kid) ? key : undefined;
  }

  /**
   * Verifies a key that is not remembered; undefined if it is not good.
   * @throws Problem busy: too many keys wait to be verified
   */
  async verify(token: string): Promise<VerifiedKey | undefined> {
    if (!mayBeToken(token)) return undefined;
    const digest = hash('sha256', token, 'base64url');
    if (this.#bad.get(digest)) return undefined;
    const known = this.#verifying.get(digest);
    if (known) return known;
    const verifying = this.#verify(token, digest).finally(() => this.#verifying.delete(digest));
    this.#verifying.set(digest, verifying);
    return verifying;
  }

  async #verify(token: string, digest: string): Promise<VerifiedKey | undefined> {
    await this.#turn();
    try {
      const verified = await this.#options.tokens.verifyActivationKey(token);
      if (!verified.ok) {
        // A key id that is unknown now may be one that another node reads from the ring a moment earlier.
        if (verified.reason !== 'unknown_key') this.#bad.set(digest, true);
        return undefined;
      }
      const { kid, claims } = verified;
      const activated = parsePosition(claims.pos) as Position;
      const key: VerifiedKey = {
        kid: this.#kid(kid),
        licenseId: claims.lic,
        userId: claims.sub,
        activated,
        limitKey: `${LIMIT_NAME}:${claims.lic}`,
        prepared: undefined,
        uses: 0,
        usedFrom: '',
        appVersion: undefined,
        seenOn: 0,
      };
      this.#good.set(token, key);
      return key;
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  /** The few key ids are kept once, and not with every key. */
  #kid(kid: string): string {
    const known = this.#kids.get(kid);
    if (known !== undefined) return known;
    // The ring holds a thousand at most, and nothing else is verified.
    this.#kids.set(kid, kid);
    return kid;
  }

  async #turn(): Promise<void> {
    if (this.#running >= (this.#options.atOnce ?? 16)) {
      if (this.#queue.length >= MAX_WAITING) throw new Problem('busy');
      await new Promise<void>((resolve) => {
        this.#queue.push(resolve);
      });
    }
    this.#running += 1;
  }
}

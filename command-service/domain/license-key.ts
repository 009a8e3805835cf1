import { resolveProduct } from '../../shared/catalogue/catalogue.ts';
import type { Role } from '../../shared/events/metadata.ts';
import type { UserEvent } from '../../shared/events/types.ts';
import { comparedClientId } from '../../shared/identity/opaque.ts';
import { licenseKeyStatusAt, usesLeft } from '../../shared/license-keys/status.ts';
import {
  accepted,
  type Context,
  type Decision,
  instant,
  nothing,
  type Rejection,
  rejected,
  withReason,
} from './decision.ts';
import type { LicenseKey } from './entities.ts';

// ---- state ----

export interface LicenseKeys {
  readonly byId: Map<string, LicenseKey>;
  /** Key id → the clients that it has activated, as they are compared. */
  readonly clients: Map<string, Set<string>>;
  /** How many clients that is, over all keys. */
  uses: number;
}

export const noLicenseKeys = (): LicenseKeys => ({ byId: new Map(), clients: new Map(), uses: 0 });

// ---- fold ----

export type LicenseKeyEvent = Extract<UserEvent, { type: `LicenseKey${string}` }>;

/** Applies an event in place and returns the key it left; undefined if it names an unknown one. */
export function foldLicenseKey(
  keys: LicenseKeys,
  event: LicenseKeyEvent,
  by: Role,
  at: number,
): LicenseKey | undefined {
  const { keyId } = event.data;
  const before = keys.byId.get(keyId);
  const after = event.type === 'LicenseKeyIssued' ? issued(event.data, by, at) : revoked(before, at);
  if (after) keys.byId.set(keyId, after);
  return after;
}

type Issued = Extract<LicenseKeyEvent, { type: 'LicenseKeyIssued' }>['data'];

const issued = ({ keyId, product, imported, uses, expiresAt }: Issued, by: Role, at: number): LicenseKey => ({
  keyId,
  product,
  imported: imported === true,
  issuedBy: by === 'user' ? 'user' : 'staff',
  uses: uses ?? null,
  used: 0,
  expiresAt: expiresAt === undefined ? null : Date.parse(expiresAt),
  revoked: false,
  createdAt: at,
  updatedAt: at,
});

const revoked = (before: LicenseKey | undefined, at: number): LicenseKey | undefined =>
  before && { ...before, revoked: true, updatedAt: at };

type Activated = Extract<UserEvent, { type: 'LicenseActivated' }>['data'];

/** Notes that a key has activated a client, if one did. */
export function foldKeyUse(keys: LicenseKeys, { keyId, keyUses, clientId }: Activated, at: number): void {
  const before = keyId === undefined ? undefined : keys.byId.get(keyId);
  if (!before) return;
  const clients = keys.clients.get(before.keyId) ?? new Set();
  const known = clients.size;
  keys.clients.set(before.keyId, clients.add(comparedClientId(clientId)));
  keys.uses += clients.size - known;
  keys.byId.set(before.keyId, { ...before, used: keyUses ?? before.used, updatedAt: at });
}

// ---- decisions ----

/** Good keys that customers can have made for themselves, a user: enough for any use, and no store for a flood. */
export const MAX_OWN_KEYS = 20;

export type LicenseKeyCommand =
  | {
      readonly type: 'IssueLicenseKey';
      /** It and the digest are reserved: see license-keys/issue.ts. */
      readonly keyId: string;
      readonly keyDigest: string;
      readonly imported?: boolean | undefined;
      readonly product?: string | undefined;
      readonly uses?: number | undefined;
      readonly expiresAt?: number | undefined;
      readonly note?: string | undefined;
    }
  | { readonly type: 'RevokeLicenseKey'; readonly keyId: string; readonly reason?: string | undefined };

const unchanged = (key: LicenseKey) => nothing({ kind: 'license_key', key });

/** A key id that is there already: the issuing was cut off before its answer, and is repeated. */
export function issueLicenseKey(
  keys: LicenseKeys,
  command: Extract<LicenseKeyCommand, { type: 'IssueLicenseKey' }>,
  userId: string,
  context: Context,
): Decision {
  const { keyId, keyDigest, imported, uses, expiresAt, note } = command;
  const before = keys.byId.get(keyId);
  if (before) return unchanged(before);
  const product = resolveProduct(context.catalogue, command.product);
  if (!product.found) return rejected({ code: 'invalid_field', field: 'product', detail: product.detail });
  if (expiresAt !== undefined && expiresAt <= context.now)
    return rejected({
      code: 'invalid_field',
      field: 'expires_at',
      detail: 'expected an instant that lies ahead',
    });
  if (context.by === 'user' && ownGoodKeys(keys, context.now) >= MAX_OWN_KEYS)
    return rejected({ code: 'license_keys_limit_reached', limit: MAX_OWN_KEYS });
  return accepted({
    type: 'LicenseKeyIssued',
    data: {
      userId,
      keyId,
      product: product.found.product,
      keyDigest,
      ...(imported && { imported: true as const }),
      ...(uses !== undefined && { uses }),
      ...(expiresAt !== undefined && { expiresAt: instant(expiresAt) }),
      personal: note === undefined ? {} : { note },
    },
  });
}

function ownGoodKeys(keys: LicenseKeys, now: number): number {
  let good = 0;
  for (const key of keys.byId.values())
    if (key.issuedBy === 'user' && licenseKeyStatusAt(key, now) === 'good') good += 1;
  return good;
}

/** Ends a key, whatever is left of it. The clients that it has activated go on. */
export function revokeLicenseKey(before: LicenseKey, reason: string | undefined, userId: string): Decision {
  if (before.revoked) return unchanged(before);
  return accepted({
    type: 'LicenseKeyRevoked',
    data: { userId, keyId: before.keyId, personal: withReason(reason) },
  });
}

export type KeyRejection = Extract<Rejection, { code: `license_key_${string}` }>;

/**
 * The key by which somebody asks for an activation, if it may be asked with at all. Whether it activates another client is
 * {@link useLicenseKey}'s to say: one that is used up still answers for a client that is active.
 */
export function admitLicenseKey(keys: LicenseKeys, keyId: string, now: number): LicenseKey | KeyRejection {
  const key = keys.byId.get(keyId);
  if (!key) return { code: 'license_key_unknown' };
  const status = licenseKeyStatusAt(key, now);
  if (status === 'revoked') return { code: 'license_key_revoked' };
  if (status === 'expired') return { code: 'license_key_expired' };
  return key;
}

/**
 * How many different clients the key will have activated with this one. A client that comes back uses nothing up.
 * @param client its id, as it is compared
 */
export function useLicenseKey(keys: LicenseKeys, key: LicenseKey, client: string): number | KeyRejection {
  if (keys.clients.get(key.keyId)?.has(client)) return key.used;
  return usesLeft(key) === 0 ? { code: 'license_key_used_up', uses: key.used } : key.used + 1;
}

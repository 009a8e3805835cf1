import type { Catalogue } from '../../shared/catalogue/catalogue.ts';
import type { NewUserEvent } from '../../shared/events/types.ts';
import type { StaffAccount } from '../../shared/staff/account.ts';
import type { Side } from '../../shared/subscription-status.ts';
import type { Webhook } from '../../shared/webhooks/webhook.ts';
import type { License, LicenseKey, Profile, Subscription } from './entities.ts';

/** What a decision may know beside the state and the command. */
export interface Context {
  /** Milliseconds since 1970: the later of the node's clock and the time of the user's last event. */
  readonly now: number;
  /** A new UUIDv7 whose time part is `atMs` (now, unless given). */
  readonly newId: (atMs?: number) => string;
  readonly catalogue: Catalogue;
  /** Who asks. What a caller may call at all is settled by the routes; here it decides whose rules hold. */
  readonly by: Side;
}

/** What a command's answer is about. It is replaced and never changed: a reference to it stays true. */
export type Subject =
  | { readonly kind: 'user' }
  | { readonly kind: 'profile'; readonly profile: Profile }
  /** A one-time token to set a password by; it is derived from the id. */
  | { readonly kind: 'reset'; readonly resetId: string; readonly expiresAt: number }
  | { readonly kind: 'subscription'; readonly subscription: Subscription }
  | { readonly kind: 'license'; readonly license: License }
  | { readonly kind: 'license_key'; readonly key: LicenseKey }
  | { readonly kind: 'staff'; readonly account: StaffAccount }
  | { readonly kind: 'webhook'; readonly webhook: Webhook };

/** A client that has a place. */
export type ActiveClient = License & {
  /** What the read model knows of it, and no decision. */
  readonly clientName?: string | null;
  readonly lastSeenOn?: string | null;
};

/** Why a command was refused by the rules. `code` is stable and part of the API. */
export type Rejection =
  /** The caller lacks these scopes: nobody gives what they don't have. */
  | { readonly code: 'insufficient_scope'; readonly scopes: readonly string[] }
  /** The email is a member of staff's. */
  | { readonly code: 'staff_exists' }
  /** Of a second factor: wrong, or used already. */
  | { readonly code: 'wrong_code' }
  | { readonly code: 'email_taken' }
  /** A user without an email could not log in. */
  | { readonly code: 'email_required' }
  /** To set a password or verify an email by: used, expired, overtaken, or never given out. */
  | { readonly code: 'one_time_token_invalid' }
  | {
      readonly code: 'not_found';
      readonly what:
        | 'user'
        | 'subscription'
        | 'license'
        | 'license key'
        | 'client'
        | 'service account'
        | 'member of staff'
        | 'key'
        | 'webhook';
    }
  /** A value that is well formed and can't be accepted. `field` is its name in the API. */
  | {
      readonly code: 'invalid_field';
      readonly field: string;
      readonly detail: string;
      /** In the body, unless given. */
      readonly place?: 'query';
    }
  /** It is staff's, by the plan, or by this field. */
  | {
      readonly code: 'plan_not_self_service';
      readonly plan: string;
      readonly because: 'plan' | 'quantity' | 'start_date';
    }
  | { readonly code: 'subscription_exists'; readonly subscription: Subscription }
  | { readonly code: 'subscription_ended'; readonly subscription: Subscription }
  /** The cancellation has to be withdrawn first. */
  | { readonly code: 'subscription_cancelled'; readonly subscription: Subscription }
  | { readonly code: 'cancelled_by_staff'; readonly subscription: Subscription }
  | { readonly code: 'trial_used' }
  /** It names what was started for another user, product or plan. */
  | { readonly code: 'external_id_taken' }
  | { readonly code: 'too_many_clients'; readonly limit: number; readonly active: number }
  | { readonly code: 'no_active_subscription' }
  | { readonly code: 'subscription_suspended'; readonly subscription: Subscription }
  | {
      readonly code: 'client_limit_reached';
      readonly limit: number;
      /** All of that product. */
      readonly activeClients: readonly ActiveClient[];
    }
  /** There were as many replacements in 30 days as the terms allow. */
  | {
      readonly code: 'replacements_used_up';
      readonly limit: number;
      /** When the next one is allowed (ms); null: never under these terms. */
      readonly nextAt: number | null;
    }
  | { readonly code: 'client_revoked'; readonly license: License }
  | { readonly code: 'license_key_unknown' }
  | { readonly code: 'license_key_revoked' }
  | { readonly code: 'license_key_expired' }
  | { readonly code: 'license_key_used_up'; readonly uses: number }
  /** An imported key that was imported for another user before. */
  | { readonly code: 'license_key_taken' }
  | { readonly code: 'license_keys_limit_reached'; readonly limit: number }
  /** Only a revoked license can be reinstated; the client of a deactivated one activates again by itself. */
  | { readonly code: 'license_deactivated'; readonly license: License }
  /** The license's client has activated again since: `license` is the one that it has now. */
  | { readonly code: 'license_replaced'; readonly license: License };

export type Decision<E = NewUserEvent> =
  | { readonly kind: 'events'; readonly events: readonly E[] }
  /** The state asked for already holds. `subject` is what the answer is about. */
  | { readonly kind: 'nothing'; readonly subject: Subject }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export const accepted = <E = NewUserEvent>(...events: readonly E[]): Decision<E> => ({
  kind: 'events',
  events,
});

export const nothing = (subject: Subject): Extract<Decision, { kind: 'nothing' }> => ({
  kind: 'nothing',
  subject,
});

export const rejected = (rejection: Rejection): Extract<Decision, { kind: 'rejected' }> => ({
  kind: 'rejected',
  rejection,
});

/** The form of an instant in events. */
export const instant = (at: number): string => new Date(at).toISOString();

/** `personal` of an event that takes a reason. */
export const withReason = (reason: string | undefined) => (reason === undefined ? {} : { reason });

/** A value that is well formed and can't be accepted. */
export const invalid = (field: string, detail: string): Rejection => ({
  code: 'invalid_field',
  field,
  detail,
});

export const isRejection = (value: object): value is Rejection => 'code' in value;

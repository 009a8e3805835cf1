import type { StoredTerms } from '../events/schemas/terms.ts';
import type { EndNotice } from '../subscription-end.ts';
import type { Side } from '../subscription-status.ts';

/**
 * The read model's rows as node-postgres returns them: bigint as a decimal text, timestamptz as Date, jsonb parsed.
 * projector/schemas/migrations/read_model is where the columns are explained.
 */
export interface UserRow {
  user_id: string;
  email: string | null;
  email_verified: boolean;
  /** As staff gave it. */
  name: string | null;
  /** The seller's own id of the user. */
  external_id: string | null;
  status: 'active' | 'erased';
  subscription_id: string | null;
  subscription_start_date: Date | null;
  /** The subscriptions that count for products other than the first, whose one is in the two columns above. */
  counting: Record<string, { readonly id: string; readonly start: string }>;
  credentials_revision: string;
  ended_token_ids: Record<string, string>;
  revision: string;
  position_commit: string;
  position_prepare: string;
  created_at: Date;
  updated_at: Date;
}

export interface SubscriptionRow {
  subscription_id: string;
  user_id: string;
  product: string;
  plan_type: string;
  terms: StoredTerms;
  /** How many times the plan was bought: it multiplies the clients. */
  quantity: number;
  trial: boolean;
  /** Two facts; `status` is made of them, the suspension first. */
  suspended: boolean;
  cancelled: boolean;
  cancelled_by: Side | null;
  status: 'active' | 'suspended' | 'cancelled';
  start_date: Date;
  end_date: Date;
  external_id: string | null;
  created_at: Date;
  updated_at: Date;
}

/** As the projector writes it: `status` is made by the table, and what was told of the end is for the command service alone. */
export type WrittenSubscriptionRow = Omit<SubscriptionRow, 'status'> & { end_notice: EndNotice };

export interface LicenseRow {
  license_id: string;
  user_id: string;
  subscription_id: string;
  product: string;
  /** Null, as the name, once the user is erased. */
  client_id: string | null;
  client_name: string | null;
  status: 'active' | 'deactivated' | 'revoked';
  license_key_id: string | null;
  activated_at: Date;
  created_at: Date;
  updated_at: Date;
}

export interface LicenseKeyRow {
  key_id: string;
  user_id: string;
  product: string;
  /** Another system made its text. */
  imported: boolean;
  /** Different clients that it may activate, and those that it has activated; null without a limit. */
  uses: number | null;
  used: number;
  uses_left: number | null;
  expires_at: Date | null;
  revoked: boolean;
  /** Without `expired`, which depends on the time of reading. */
  status: 'good' | 'used_up' | 'revoked';
  created_at: Date;
  updated_at: Date;
}

/** The schema that the services read and the projector writes; a rebuild swaps another one in under this name. */
export const READ_MODEL_SCHEMA = 'read_model';

/*
 * The rows' columns by name: a statement that says `*` has another result once a migration adds a column, and what
 * connections have prepared of it fails.
 */

export const USER_COLUMNS = [
  'user_id',
  'email',
  'email_verified',
  'name',
  'external_id',
  'status',
  'subscription_id',
  'subscription_start_date',
  'counting',
  'credentials_revision',
  'ended_token_ids',
  'revision',
  'position_commit',
  'position_prepare',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof UserRow)[];

export const SUBSCRIPTION_COLUMNS = [
  'subscription_id',
  'user_id',
  'product',
  'plan_type',
  'terms',
  'quantity',
  'trial',
  'suspended',
  'cancelled',
  'cancelled_by',
  'status',
  'start_date',
  'end_date',
  'external_id',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof SubscriptionRow)[];

export const LICENSE_COLUMNS = [
  'license_id',
  'user_id',
  'subscription_id',
  'product',
  'client_id',
  'client_name',
  'status',
  'license_key_id',
  'activated_at',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof LicenseRow)[];

/** A refusal as the API gives it (RFC 9457). */
export interface Problem {
  readonly status: number;
  /** Stable; act on this. */
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  /** The fields that are at fault. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  /** Of `client_limit_reached` and `replacements_used_up`: how many are allowed. */
  readonly limit?: number;
  /** Of `client_limit_reached`: who has the places, at most 20, longest unseen first. */
  readonly active_clients?: readonly ActiveClient[];
  /** Of `replacements_used_up`: when the next one is possible. */
  readonly next_at?: string;
}

export interface ActiveClient {
  readonly license_id: string;
  readonly client_id: string;
  readonly client_name: string | null;
  readonly activated_at: string;
  /** A day, or null for a client that has never asked. */
  readonly last_seen_on: string | null;
}

export const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';

/** A person who is staff, as `GET /v1/staff/{id}` shows them. */
export interface Member {
  readonly staff_id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly status: 'invited' | 'active' | 'removed';
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly updated_at: string;
}

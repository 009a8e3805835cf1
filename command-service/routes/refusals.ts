import { Problem, type ProblemOptions } from '../../shared/http/problems/problem.ts';
import type { ActiveClient } from '../domain/decision.ts';
import type { Refusal } from '../execute/requests.ts';

const client = ({ licenseId, clientId, clientName, activatedAt, lastSeenOn }: ActiveClient) => ({
  license_id: licenseId,
  client_id: clientId,
  client_name: clientName ?? null,
  activated_at: new Date(activatedAt).toISOString(),
  last_seen_on: lastSeenOn ?? null,
});

/** What a refusal says beside its code. */
function particulars(refusal: Refusal): ProblemOptions {
  switch (refusal.code) {
    case 'invalid_field':
      return { errors: [{ pointer: `/${refusal.field}`, detail: refusal.detail }] };
    case 'not_found':
      return { detail: `no such ${refusal.what}` };
    case 'forbidden_plan':
      return { detail: `the plan "${refusal.plan}" is started and changed by operators` };
    case 'subscription_exists':
    case 'subscription_ended':
    case 'subscription_suspended':
      return { members: { subscription_id: refusal.subscription.subscriptionId } };
    case 'too_many_clients':
      return { members: { limit: refusal.limit, active: refusal.active } };
    case 'client_limit_reached':
      return { members: { limit: refusal.limit, active_clients: refusal.activeClients.map(client) } };
    case 'client_revoked':
    case 'license_deactivated':
    case 'license_replaced':
      return { members: { license_id: refusal.license.licenseId } };
    case 'license_key_revoked':
    case 'license_key_expired':
      return { detail: 'it activates nothing more: ask for a new one' };
    case 'license_key_used_up':
      return {
        detail: `it has activated ${refusal.uses} clients, and each of those may come back: ask for a new key, or for one with more uses`,
        members: { uses: refusal.uses },
      };
    case 'license_keys_limit_reached':
      return {
        detail: 'revoke one that is not needed any more, or ask the seller for one',
        members: { limit: refusal.limit },
      };
    case 'precondition_failed':
      return { headers: { ETag: `"${refusal.revision}"` } };
    case 'email_taken':
    case 'email_required':
    case 'one_time_token_invalid':
    case 'license_key_unknown':
    case 'no_active_subscription':
    case 'token_ended':
    case 'invalid_credentials':
    case 'wrong_password':
    case 'idempotency_key_reused':
    case 'conflict':
      return {};
    default:
      return refusal satisfies never;
  }
}

/** A refusal as a problem. Its code is the problem's, but for a field that can't be accepted. */
export const problemOf = (refusal: Refusal): Problem =>
  new Problem(refusal.code === 'invalid_field' ? 'invalid_request' : refusal.code, particulars(refusal));

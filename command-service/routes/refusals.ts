import { pointerTo } from '../../shared/http/input/pointer.ts';
import { Problem, type ProblemOptions } from '../../shared/http/problems/problem.ts';
import { insufficientScope } from '../../shared/http/routes/auth.ts';
import type { ActiveClient } from '../domain/decision.ts';
import type { Subscription } from '../domain/entities.ts';
import type { Refusal } from '../execute/requests.ts';

const client = ({ licenseId, clientId, clientName, activatedAt, lastSeenOn }: ActiveClient) => ({
  license_id: licenseId,
  client_id: clientId,
  client_name: clientName ?? null,
  activated_at: new Date(activatedAt).toISOString(),
  last_seen_on: lastSeenOn ?? null,
});

const lacking = (scopes: readonly string[]) =>
  insufficientScope(scopes, `Only who has a scope can give it; you lack ${scopes.join(', ')}.`).options;

const ofSubscription = ({ subscriptionId }: Subscription, detail: string): ProblemOptions => ({
  detail,
  members: { subscription_id: subscriptionId },
});

function notSelfService({ plan, because }: Extract<Refusal, { code: 'plan_not_self_service' }>): string {
  switch (because) {
    case 'plan':
      return `the plan "${plan}" is started, renewed and changed by the seller's staff; ask the seller`;
    case 'quantity':
      return "only the seller's staff sell another quantity than 1; ask the seller";
    case 'start_date':
      return "only the seller's staff enter a start in the past; give one that is ahead";
    default:
      return because satisfies never;
  }
}

/** What a refusal says beside its code: the particulars, and what to do instead. */
function particulars(refusal: Refusal): ProblemOptions {
  switch (refusal.code) {
    case 'invalid_field': {
      const { place = 'body', field, detail } = refusal;
      return { errors: [{ pointer: pointerTo(place, [field]), detail }] };
    }
    case 'not_found':
      return { detail: `no such ${refusal.what}` };
    case 'plan_not_self_service':
      return { detail: notSelfService(refusal) };
    case 'subscription_exists':
      return ofSubscription(
        refusal.subscription,
        'renew it or change its plan; or cancel it, and start when it is over',
      );
    case 'subscription_ended':
      return ofSubscription(refusal.subscription, 'start a new one');
    case 'subscription_cancelled':
      return ofSubscription(refusal.subscription, 'withdraw the cancellation first');
    case 'cancelled_by_staff':
      return ofSubscription(refusal.subscription, "only the seller's staff can withdraw the cancellation");
    case 'subscription_suspended':
      return ofSubscription(refusal.subscription, "the seller's staff have to reinstate it first");
    case 'trial_used':
      return { detail: 'there is one trial of a product for a customer; start a plan instead' };
    case 'external_id_taken':
      return { detail: 'it was given for another user, product or plan; nothing was changed' };
    case 'too_many_clients': {
      const { limit, active } = refusal;
      return {
        detail: `deactivate ${active - limit} of the active clients first`,
        members: { limit, active },
      };
    }
    case 'client_limit_reached':
      return {
        detail: 'deactivate an active client first, or name the one to give its place away in "replaces"',
        members: { limit: refusal.limit, active_clients: refusal.activeClients.map(client) },
      };
    case 'replacements_used_up': {
      const { limit, nextAt } = refusal;
      const next = nextAt === null ? null : new Date(nextAt).toISOString();
      const then = next === null ? 'ask the seller' : `the next one is possible from ${next}`;
      return { detail: `at most ${limit} in 30 days; ${then}`, members: { limit, next_at: next } };
    }
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
    case 'insufficient_scope':
      return lacking(refusal.scopes);
    case 'email_taken':
    case 'email_required':
    case 'one_time_token_invalid':
    case 'license_key_unknown':
    case 'license_key_taken':
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

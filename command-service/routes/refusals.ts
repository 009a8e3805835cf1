import { pointerTo } from '../../shared/http/input/pointer.ts';
import { Problem, type ProblemOptions } from '../../shared/http/problems/problem.ts';
import { insufficientScope } from '../../shared/http/routes/auth.ts';
import type { ActiveClient } from '../domain/decision.ts';
import type { License, Subscription } from '../domain/entities.ts';
import type { Refusal } from '../execute/requests.ts';

const client = ({ licenseId, clientId, clientName, activatedAt, lastSeenOn }: ActiveClient) => ({
  license_id: licenseId,
  client_id: clientId,
  client_name: clientName ?? null,
  activated_at: new Date(activatedAt).toISOString(),
  last_seen_on: lastSeenOn ?? null,
});

const lacking = (scopes: readonly string[]) =>
  insufficientScope(scopes, `Nobody can give a scope that they don't have; you lack ${scopes.join(', ')}.`)
    .options;

const ofSubscription = ({ subscriptionId }: Subscription, detail: string): ProblemOptions => ({
  detail,
  members: { subscription_id: subscriptionId },
});

const ofLicense = ({ licenseId }: License, detail: string): ProblemOptions => ({
  detail,
  members: { license_id: licenseId },
});

function notSelfService({ plan, because }: Extract<Refusal, { code: 'plan_not_self_service' }>): string {
  switch (because) {
    case 'plan':
      return `the plan "${plan}" is started, renewed and changed by the seller's staff; ask the seller`;
    case 'quantity':
      return "only the seller's staff start or change to a quantity other than 1; ask the seller";
    case 'start_date':
      return "only the seller's staff enter a start in the past; give a start date that is ahead";
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
        'renew it, or change its plan; or cancel it, and start another once it is over',
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
      return { detail: 'a customer can try each product once; start a plan instead' };
    case 'external_id_taken':
      return { detail: 'it was given to something else: another user, product or plan; nothing was changed' };
    case 'too_many_clients': {
      const { limit, active } = refusal;
      return {
        detail: `deactivate ${active - limit} of the active clients first`,
        members: { limit, active },
      };
    }
    case 'client_limit_reached':
      return {
        detail: 'deactivate an active client first, or name in "replaces" the one whose place this one gets',
        members: { limit: refusal.limit, active_clients: refusal.activeClients.map(client) },
      };
    case 'replacements_used_up': {
      const { limit, nextAt } = refusal;
      const next = nextAt === null ? null : new Date(nextAt).toISOString();
      const then = next === null ? 'ask the seller' : `the next one is possible from ${next}`;
      return { detail: `at most ${limit} in 30 days; ${then}`, members: { limit, next_at: next } };
    }
    case 'client_revoked':
      return ofLicense(refusal.license, "only the seller's staff can reinstate it");
    case 'license_deactivated':
      return ofLicense(refusal.license, 'its client has to activate again');
    case 'license_replaced':
      return ofLicense(refusal.license, 'revoke the later one: its id is in license_id');
    case 'no_active_subscription':
      return {
        detail: 'start one, or renew the one that is over; one that starts later activates nothing yet',
      };
    case 'conflict':
      return { detail: 'nothing was changed: send it again' };
    case 'license_key_revoked':
    case 'license_key_expired':
      return { detail: 'it activates nothing more: ask for a new one' };
    case 'license_key_used_up':
      return {
        detail: `it has activated ${refusal.uses === 1 ? 'its one client' : `${refusal.uses} clients`}, and nothing else may use it: ask for another key`,
        members: { uses: refusal.uses },
      };
    case 'license_keys_limit_reached':
      return {
        detail: 'revoke one that is no longer needed, or ask the seller for one',
        members: { limit: refusal.limit },
      };
    case 'precondition_failed':
      return { headers: { ETag: `"${refusal.revision}"` } };
    case 'insufficient_scope':
      return lacking(refusal.scopes);
    case 'email_taken':
    case 'email_required':
    case 'staff_exists':
    case 'wrong_code':
    case 'one_time_token_invalid':
    case 'license_key_unknown':
    case 'license_key_taken':
    case 'token_ended':
    case 'invalid_credentials':
    case 'wrong_password':
    case 'idempotency_key_reused':
      return {};
    default:
      return refusal satisfies never;
  }
}

/** A refusal as a problem. Its code is the problem's, but for a field that can't be accepted. */
export const problemOf = (refusal: Refusal): Problem =>
  new Problem(refusal.code === 'invalid_field' ? 'invalid_request' : refusal.code, particulars(refusal));

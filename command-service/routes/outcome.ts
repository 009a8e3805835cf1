import { formatPosition } from '../../shared/event-log/position.ts';
import type { ProblemCode } from '../../shared/http/problems/problem-codes.ts';
import type { LicenseResource, Shown, SubscriptionResource } from '../../shared/http/routes/resources.ts';
import { subscriptionStatusAt } from '../../shared/subscription-status.ts';
import type { CommandContext } from '../context.ts';
import type { License, LicenseKey, Subscription } from '../domain/entities.ts';
import type { Done, Outcome } from '../execute/requests.ts';
import { problemOf } from './refusals.ts';

/** Headers of every command's answer, as the OpenAPI document names them. */
export const ANSWER_HEADERS = {
  'Event-Position':
    'Position of the last event that the answer rests on, for `Min-Event-Position` of a query.',
  ETag: 'The revision of the user, for `If-Match`.',
};

/** Problems of whatever is said by the state of a stream. */
export const STREAM_PROBLEMS = [
  'event_store_unavailable',
  'vault_unavailable',
  'busy',
  'schema_too_new',
  'data_unreadable',
] as const satisfies readonly ProblemCode[];

/** Problems that any command can end in. */
export const COMMAND_PROBLEMS = [
  'not_enabled_yet',
  'conflict',
  'precondition_failed',
  'idempotency_key_reused',
  ...STREAM_PROBLEMS,
  'append_outcome_unknown',
] as const satisfies readonly ProblemCode[];

/** What was done, counted; a refusal is thrown as its problem. @throws Problem */
export function settled(context: CommandContext, command: string, outcome: Outcome): Done {
  const result =
    outcome.kind === 'rejected'
      ? outcome.rejection.code
      : outcome.repeated
        ? 'repeated'
        : outcome.changed
          ? 'changed'
          : 'unchanged';
  context.outcomes.inc({ command, outcome: result });
  if (outcome.kind === 'rejected') throw problemOf(outcome.rejection);
  return outcome;
}

export const answerHeaders = (done: Done, more: Readonly<Record<string, string>> = {}) => ({
  'Event-Position': formatPosition(done.position),
  ETag: `"${done.revision}"`,
  ...more,
});

const time = (at: number): string => new Date(at).toISOString();

/** @throws Error the command left another kind of resource, which only a fault here can do */
function subscriptionOf(done: Done): Subscription {
  if (done.subject.kind !== 'subscription')
    throw new Error(`expected a subscription, got ${done.subject.kind}`);
  return done.subject.subscription;
}

/** @throws Error the command left another kind of resource, which only a fault here can do */
export function licenseOf(done: Done): License {
  if (done.subject.kind !== 'license') throw new Error(`expected a license, got ${done.subject.kind}`);
  return done.subject.license;
}

/** @throws Error the command left another kind of resource, which only a fault here can do */
export function licenseKeyOf(done: Done): LicenseKey {
  if (done.subject.kind !== 'license_key')
    throw new Error(`expected a license key, got ${done.subject.kind}`);
  return done.subject.key;
}

export function showSubscription(done: Done): SubscriptionResource {
  const subscription = subscriptionOf(done);
  return {
    subscription_id: subscription.subscriptionId,
    user_id: done.userId,
    product: subscription.product,
    plan_type: subscription.plan,
    quantity: subscription.quantity,
    trial: subscription.trial,
    status: subscriptionStatusAt(subscription, done.at),
    start_date: time(subscription.startDate),
    end_date: time(subscription.endDate),
    cancelled_by: subscription.cancelledBy,
    external_id: subscription.externalId ?? null,
    created_at: time(subscription.createdAt),
    updated_at: time(subscription.updatedAt),
  };
}

/**
 * With what the domain does not know of it, asked of PostgreSQL as far as that answers in time.
 * @param personal whether the reader may see the client's name
 */
export async function showLicense(
  { clientFacts }: CommandContext,
  done: Done,
  { personal }: Shown,
): Promise<LicenseResource> {
  const license = licenseOf(done);
  const { clientName, lastSeenOn } = await clientFacts.of(license.licenseId);
  return {
    license_id: license.licenseId,
    user_id: done.userId,
    subscription_id: license.subscriptionId,
    product: license.product,
    client_id: license.clientId,
    ...(personal && { client_name: clientName }),
    status: license.status,
    activated_at: time(license.activatedAt),
    last_seen_on: lastSeenOn,
    updated_at: time(license.updatedAt),
  };
}

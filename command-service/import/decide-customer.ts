import { resolveProduct } from '../../shared/catalogue/catalogue.ts';
import { comparedClientId } from '../../shared/identity/opaque.ts';
import type { AccountCommand } from '../domain/account-commands.ts';
import {
  accepted,
  type Context,
  type Decision,
  nothing,
  type Rejection,
  rejected,
} from '../domain/decision.ts';
import { licensesOf } from '../domain/licenses/state.ts';
import type { UserState } from '../domain/user-state.ts';
import type { ImportedClient, ImportedCustomer } from './customer.ts';
import { Draft } from './draft.ts';

/** The ids of a customer's parts, reserved or to be reserved; in the order of the parts. */
export interface ImportIds {
  readonly addUser: Extract<AccountCommand, { type: 'AddUser' }>;
  readonly subscriptions: readonly string[];
  readonly licenseKeys: readonly { readonly keyId: string; readonly keyDigest: string }[];
}

/** What the rules refuse, and the place of it in the line. */
export interface ImportRefused {
  readonly place: string;
  readonly rejection: Rejection;
}

/** One append takes no more; what is left over is decided again after it. Subscriptions come first, and are fewer. */
export const MAX_EVENTS = 500;

type Step = ImportRefused | undefined;

const step = (place: string, taken: number | Rejection): Step =>
  typeof taken === 'number' ? undefined : { place, rejection: taken };

function subscribe(draft: Draft, { subscriptions }: ImportedCustomer, ids: ImportIds): Step {
  for (const [at, one] of subscriptions.entries()) {
    const subscriptionId = ids.subscriptions[at] as string;
    const { externalId, product, plan, quantity, startDate, endDate } = one;
    const period = { startDate, endDate };
    const place = `/subscriptions/${at}`;
    const started = draft.take({
      ...{
        type: 'StartSubscription',
        subscriptionId,
        product,
        plan,
        quantity,
        trial: false,
        period,
        externalId,
      },
    });
    const refused = step(place, started);
    if (refused) return refused;
    if (started === 0 || !one.cancelled) continue;
    const cancelled = draft.take({ type: 'CancelSubscription', subscriptionId, immediately: false });
    // One that is over with its grace has nothing left to cancel.
    const isOver = typeof cancelled !== 'number' && cancelled.code === 'subscription_ended';
    const notCancelled = isOver ? undefined : step(place, cancelled);
    if (notCancelled) return notCancelled;
  }
  return undefined;
}

function issueKeys(draft: Draft, { licenseKeys }: ImportedCustomer, ids: ImportIds): Step {
  for (const [at, { product, uses, expiresAt, note }] of licenseKeys.entries()) {
    const id = ids.licenseKeys[at] as ImportIds['licenseKeys'][number];
    const issued = draft.take({
      ...{ type: 'IssueLicenseKey', ...id, imported: true, product, uses, expiresAt, note },
    });
    const refused = step(`/license_keys/${at}`, issued);
    if (refused) return refused;
  }
  return undefined;
}

/** A client that was ever there is left as it is: it may have been deactivated, replaced or revoked since. */
function isKnown(
  draft: Draft,
  { clientId }: ImportedClient,
  product: string | undefined,
  context: Context,
): boolean {
  const { found } = resolveProduct(context.catalogue, product);
  return !!found && licensesOf(draft.state.licenses, found.product).ofClient.has(comparedClientId(clientId));
}

function activate(
  draft: Draft,
  { clients, licenseKeys }: ImportedCustomer,
  ids: ImportIds,
  context: Context,
): Step {
  for (const [at, client] of clients.entries()) {
    if (draft.events.length >= MAX_EVENTS) return undefined;
    const { clientId, clientName, licenseKey } = client;
    const key = licenseKey === undefined ? undefined : licenseKeys[licenseKey];
    const product = client.product ?? key?.product;
    if (isKnown(draft, client, product, context)) continue;
    const keyId = licenseKey === undefined ? undefined : ids.licenseKeys[licenseKey]?.keyId;
    const refused = step(
      `/clients/${at}`,
      draft.take({ type: 'ActivateClient', clientId, clientName, product, keyId }),
    );
    if (refused) return refused;
  }
  return undefined;
}

/**
 * What the rules say to a customer of another system, part by part as staff's commands: all of it, or a refusal with its
 * place. What is there already stays as it is, whatever has become of it since, so an import can be repeated.
 * @param onRefused told the place, which a decision has no room for
 */
export function decideCustomer(
  state: UserState,
  customer: ImportedCustomer,
  ids: ImportIds,
  context: Context,
  onRefused: (refused: ImportRefused) => void,
): Decision {
  if (state.account.status === 'erased') return nothing({ kind: 'user' });
  const draft = new Draft(state, context);
  const refused =
    step('', draft.take(ids.addUser)) ??
    subscribe(draft, customer, ids) ??
    issueKeys(draft, customer, ids) ??
    activate(draft, customer, ids, context);
  if (refused) {
    onRefused(refused);
    return rejected(refused.rejection);
  }
  return draft.events.length === 0 ? nothing({ kind: 'user' }) : accepted(...draft.events);
}

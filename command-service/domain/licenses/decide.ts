import { resolveProduct } from '../../../shared/catalogue/catalogue.ts';
import { comparedClientId } from '../../../shared/identity/opaque.ts';
import { type Context, type Decision, invalid, isRejection, type Rejection, rejected } from '../decision.ts';
import { admitLicenseKey, useLicenseKey } from '../license-key.ts';
import type { UserState } from '../user-state.ts';
import { activate, limitsOf } from './activate.ts';
import type { ActivateClient, ActivationCommand } from './commands.ts';
import { deactivateClient, deactivateLicense, reinstateLicense, revoke } from './end.ts';
import { licenseOf, licensesOf } from './state.ts';

/** A product of which the user has something may be named even if it is no longer sold. */
function productFor(state: UserState, named: string | undefined, { catalogue }: Context): string | Rejection {
  if (named !== undefined && state.subscriptions.counting.has(named)) return named;
  const { found, detail } = resolveProduct(catalogue, named);
  return found ? found.product : invalid('product', detail);
}

/** The product is a license key's, or the one that is named. */
function decideActivate(state: UserState, command: ActivateClient, context: Context): Decision {
  const { userId, licenses, licenseKeys, subscriptions } = state;
  const { keyId } = command;
  const key = keyId === undefined ? undefined : admitLicenseKey(licenseKeys, keyId, context.now);
  if (key && isRejection(key)) return rejected(key);
  if (key && command.product !== undefined && command.product !== key.product)
    return rejected(invalid('product', `the license key is for "${key.product}"`));
  const product = key?.product ?? productFor(state, command.product, context);
  if (typeof product !== 'string') return rejected(product);
  const keyUses = key && useLicenseKey(licenseKeys, key, comparedClientId(command.clientId));
  const held = licensesOf(licenses, product);
  return activate(held, subscriptions.counting.get(product), command, { userId, keyUses }, context);
}

export function decideActivation(state: UserState, command: ActivationCommand, context: Context): Decision {
  const { userId, licenses } = state;
  if (command.type === 'ActivateClient') return decideActivate(state, command, context);
  if (command.type === 'DeactivateClient') return deactivateClient(licenses, command, userId);
  const before = licenseOf(licenses, command.licenseId);
  if (!before) return rejected({ code: 'not_found', what: 'license' });
  const held = licensesOf(licenses, before.product);
  switch (command.type) {
    case 'DeactivateLicense':
      return deactivateLicense(before, command.reason, userId);
    case 'RevokeLicense':
      return revoke(held, before, command.reason, userId);
    case 'ReinstateLicense': {
      const limit = limitsOf(state.subscriptions.counting.get(before.product)).clients;
      return reinstateLicense(held, before, limit, command.reason, userId);
    }
    default:
      return command satisfies never;
  }
}

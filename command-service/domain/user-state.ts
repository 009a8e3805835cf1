import { START } from '../../shared/event-log/position.ts';
import type { Recorded, UserEvent } from '../../shared/events/types.ts';
import { sideOf } from '../../shared/subscription-status.ts';
import { type AccessTokenClaims, type Account, credentialsHold, foldAccount, noAccount } from './account.ts';
import type { Subject } from './decision.ts';
import { foldKeyUse, foldLicenseKey, type LicenseKeys, noLicenseKeys } from './license-key.ts';
import { limitsOf } from './licenses/activate.ts';
import { forgetOldPlaces } from './licenses/places.ts';
import { foldLicense, type Licenses, noLicenses } from './licenses/state.ts';
import { isFirstOfHour, moveOn, type StreamState, timeOf } from './stream-state.ts';
import { foldSubscription, noSubscriptions, type Subscriptions } from './subscriptions/state.ts';

// ---- state ----

/** Everything that the rules about one user need to know. */
export interface UserState extends StreamState {
  readonly userId: string;
  readonly account: Account;
  readonly subscriptions: Subscriptions;
  readonly licenses: Licenses;
  readonly licenseKeys: LicenseKeys;
}

export const initialState = (userId: string): UserState => ({
  userId,
  account: noAccount(userId),
  subscriptions: noSubscriptions(),
  licenses: noLicenses(),
  licenseKeys: noLicenseKeys(),
  recentCommands: new Map(),
  revision: -1,
  position: START,
  lastEventId: '',
  lastEventAt: 0,
});

/** Roughly the memory that a state takes, in bytes; constant time. The weights were measured on Node 26. */
export const approximateBytes = (state: UserState): number =>
  1_500 +
  state.account.credentials.length +
  (state.account.endedTokens.size + state.account.resets.size + state.account.verifications.length) * 160 +
  state.subscriptions.byId.size * 900 +
  state.licenses.byId.size * 500 +
  (state.licenses.earlier?.size ?? 0) * 80 +
  state.licenseKeys.byId.size * 300 +
  state.licenseKeys.uses * 100 +
  state.recentCommands.size * 1_200;

/** Whether an access token is still good: not logged out, no later password, the user not erased. */
export const accessTokenHolds = (state: UserState, token: AccessTokenClaims): boolean =>
  state.account.status === 'active' && credentialsHold(state.account, token);

// ---- fold ----

function fold(state: UserState, recorded: Recorded<UserEvent>, at: number): Subject {
  const { event, revision, position, metadata } = recorded;
  const by = sideOf(metadata.actor.role);
  switch (event.type) {
    case 'UserSignedUp':
    case 'UserAdded':
    case 'PasswordResetIssued':
    case 'PasswordChanged':
    case 'EmailVerificationIssued':
    case 'EmailVerified':
    case 'EmailChanged':
    case 'LoggedOut':
    case 'SessionsEnded':
    case 'UserErased':
      return foldAccount(state.account, event, revision, at);
    case 'SubscriptionStarted':
    case 'SubscriptionRenewed':
    case 'SubscriptionPlanChanged':
    case 'SubscriptionSuspended':
    case 'SubscriptionReinstated':
    case 'SubscriptionCancelled':
    case 'SubscriptionCancellationWithdrawn':
    case 'SubscriptionEnding':
    case 'SubscriptionLapsed': {
      const subscription = foldSubscription(state.subscriptions, event, by, at);
      return subscription ? { kind: 'subscription', subscription } : { kind: 'user' };
    }
    case 'LicenseActivated':
    case 'LicenseDeactivated':
    case 'LicenseRevoked':
    case 'LicenseReinstated': {
      const { counting } = state.subscriptions;
      const license = foldLicense(state.licenses, event, { position, by, at }, (product) =>
        limitsOf(counting.get(product)),
      );
      if (event.type === 'LicenseActivated') foldKeyUse(state.licenseKeys, event.data, at);
      return license ? { kind: 'license', license } : { kind: 'user' };
    }
    case 'LicenseKeyIssued':
    case 'LicenseKeyRevoked': {
      const key = foldLicenseKey(state.licenseKeys, event, metadata.actor.role, at);
      return key ? { kind: 'license_key', key } : { kind: 'user' };
    }
    default:
      event satisfies never;
      return { kind: 'user' };
  }
}

/**
 * The state after one more event. It takes ownership of `state` and changes it in place, because a user may have
 * ten thousand clients and a copy for each event would make a fold quadratic; what it holds (subscriptions,
 * licenses, commands) is replaced and never changed, so references to it stay true.
 */
export function evolve(state: UserState, recorded: Recorded<UserEvent>): UserState {
  const at = timeOf(state, recorded);
  if (isFirstOfHour(state, at))
    for (const { places } of state.licenses.ofProduct.values()) forgetOldPlaces(places, at);
  moveOn(state, recorded, fold(state, recorded, at), at);
  return state;
}

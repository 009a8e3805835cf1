import { formatPosition } from '../../../shared/event-log/position.ts';
import type { UserEvent } from '../../../shared/events/types.ts';
import type { CachedViews } from '../../../shared/read-model/cached-views.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { License } from '../../../shared/read-model/fold/license.ts';
import type { Subscription } from '../../../shared/read-model/fold/subscription.ts';
import type { User } from '../../../shared/read-model/fold/user.ts';
import { licenseViewOf, userViewOf } from '../../../shared/read-model/fold/views.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { DecodedEvent } from '../decode.ts';

/** The views that a batch changed, for caches and notices. */
export interface ChangedViews {
  readonly views: CachedViews;
  /** Of the users' views, those that differ from what they were: the others are only to be there when they are asked for. */
  readonly changedUsers: ReadonlySet<string>;
  /** Users whose views the batch's rows don't say: they are to be loaded. */
  readonly load: ReadonlySet<string>;
}

/** Whether an event of this type changes its user's view. */
const CHANGES_USER_VIEW: Readonly<Record<UserEvent['type'], boolean>> = {
  UserSignedUp: true,
  UserAdded: true,
  UserErased: true,
  SubscriptionStarted: true,
  SubscriptionRenewed: true,
  SubscriptionPlanChanged: true,
  SubscriptionSuspended: true,
  SubscriptionReinstated: true,
  SubscriptionCancelled: true,
  SubscriptionCancellationWithdrawn: true,
  SubscriptionEnding: false,
  SubscriptionLapsed: false,
  // With ten thousand clients these are most events: a notice of each would have every node read the user again.
  LicenseActivated: false,
  LicenseDeactivated: false,
  LicenseRevoked: false,
  LicenseReinstated: false,
  LicenseKeyIssued: false,
  LicenseKeyRevoked: false,
  PasswordResetIssued: false,
  EmailVerificationIssued: false,
  PasswordChanged: false,
  EmailVerified: false,
  EmailChanged: false,
  LoggedOut: false,
  SessionsEnded: false,
};

/** Undefined where a subscription that counts is none of the batch's rows. */
function userViewFrom(rows: Rows, user: User, loadedAt: number): UserView | undefined {
  const counting: Subscription[] = [];
  for (const { id } of Object.values(user.counting)) {
    const subscription = rows.subscription(id);
    if (!subscription) return undefined;
    counting.push(subscription);
  }
  return userViewOf(user, counting, formatPosition(user.position), loadedAt);
}

/** Which users' views the events of a batch change. */
export class ViewChanges {
  readonly #changed = new Set<string>();
  /** Users of new licenses, which will be asked for next. */
  readonly #activated = new Set<string>();
  /** By more than their rows: whether an event of theirs is parked. */
  readonly #toLoad = new Set<string>();

  /** An event was applied. */
  applied({ userId, recorded }: DecodedEvent): void {
    const { type } = recorded.event;
    if (type === 'LicenseActivated') this.#activated.add(userId);
    if (CHANGES_USER_VIEW[type]) this.#changed.add(userId);
  }

  /** The user's view changed, by more than its rows. */
  touch(userId: string): void {
    this.#toLoad.add(userId);
  }

  /** The views, and those of the licenses that changed, from the rows as they were written. */
  viewsFrom(rows: Rows, changedLicenses: Iterable<License>, loadedAt: number): ChangedViews {
    const users = new Map<string, UserView>();
    const load = new Set(this.#toLoad);
    for (const id of this.#changed.union(this.#activated)) {
      const view = load.has(id) ? undefined : userViewFrom(rows, rows.user(id) as User, loadedAt);
      if (view) users.set(id, view);
      else load.add(id);
    }
    const licenses = new Map<string, LicenseView>();
    for (const license of changedLicenses) {
      const { position } = rows.user(license.userId) as User;
      licenses.set(license.licenseId, licenseViewOf(license, formatPosition(position), loadedAt));
    }
    return { views: { users, licenses }, changedUsers: this.#changed.union(this.#toLoad), load };
  }
}

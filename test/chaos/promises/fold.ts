import type { LoggedEvent } from '../history.ts';

/** What the checker knows of a user: a fold of its own, so that it can't share a mistake with the code it judges. */
export interface UserState {
  readonly maxClients: number;
  readonly suspended: boolean;
  /** License to `active`, `deactivated` or `revoked`. */
  readonly licenses: ReadonlyMap<string, string>;
}

export const NOBODY: UserState = { maxClients: 0, suspended: false, licenses: new Map() };

const maxClientsOf = (data: LoggedEvent['data']): number => (data.terms as { maxClients: number }).maxClients;

/** The state after an event. Events that it does not name change nothing that a promise is about. */
export function after(state: UserState, { type, data }: LoggedEvent): UserState {
  const licenseNow = (status: string): UserState => ({
    ...state,
    licenses: new Map(state.licenses).set(String(data.licenseId), status),
  });
  switch (type) {
    case 'SubscriptionStarted':
      return { ...state, maxClients: maxClientsOf(data), suspended: false };
    case 'SubscriptionPlanChanged':
      return { ...state, maxClients: maxClientsOf(data) };
    case 'SubscriptionSuspended':
      return { ...state, suspended: true };
    case 'SubscriptionReinstated':
      return { ...state, suspended: false };
    case 'LicenseActivated':
    case 'LicenseReinstated':
      return licenseNow('active');
    case 'LicenseDeactivated':
      return licenseNow('deactivated');
    case 'LicenseRevoked':
      return licenseNow('revoked');
    default:
      return state;
  }
}

export const active = ({ licenses }: UserState): number =>
  licenses
    .values()
    .filter((status) => status === 'active')
    .toArray().length;

export const eventsByUser = (log: readonly LoggedEvent[]): ReadonlyMap<string, readonly LoggedEvent[]> =>
  Map.groupBy(log, ({ userId }) => userId);

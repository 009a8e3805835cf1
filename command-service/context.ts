import type { Counter } from 'prom-client';
import type { Guesses } from '../shared/http/limits/failure-limit.ts';
import { routesFor } from '../shared/http/routes/route.ts';
import type { SessionCookie } from '../shared/http/routes/session-cookie.ts';
import type { Tokens } from '../shared/tokens/tokens.ts';
import type { Executor } from './executor.ts';
import type { FindLicenseKey } from './license-keys/find.ts';
import type { ClientFactsReader } from './read-model/client-facts.ts';
import type { OwnerIndex } from './read-model/owners.ts';
import type { LogInByEmail } from './staff/openid/log-in.ts';
import type { Provider } from './staff/openid/provider.ts';
import type { Members } from './staff/people/members.ts';
import type { SigningIn } from './staff/people/signing-in.ts';
import type { Welcoming } from './staff/people/welcome.ts';
import type { ServiceAccounts } from './staff/service-accounts.ts';
import type { Deliveries } from './webhooks/deliveries.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** What the routes of this service work with. */
export interface CommandContext {
  readonly executor: Executor;
  readonly tokens: Pick<Tokens, 'signAccessToken' | 'signActivationKey' | 'signSession'>;
  readonly owners: OwnerIndex;
  readonly clientFacts: ClientFactsReader;
  readonly findLicenseKey: FindLicenseKey;
  /** Counts what callers guess at. */
  readonly guesses: Guesses;
  readonly serviceAccounts: ServiceAccounts;
  readonly webhooks: Webhooks & {
    /** They may go to plain http and private addresses: for development. */
    readonly allowPrivate: boolean;
  };
  readonly deliveries: Deliveries;
  readonly members: Members;
  readonly signingIn: SigningIn;
  readonly welcoming: Welcoming;
  /** Of people who are staff. */
  readonly cookie: SessionCookie;
  /** The OpenID provider of the seller's; undefined where none is configured. */
  readonly provider: Provider | undefined;
  readonly pendingCookie: SessionCookie;
  readonly logInByEmail: LogInByEmail;
  /** Commands by route and by what came of them. */
  readonly outcomes: Counter<'command' | 'outcome'>;
}

export const commandRoute = routesFor<CommandContext>();

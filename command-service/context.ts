import type { Counter } from 'prom-client';
import { routesFor } from '../shared/http/routes/route.ts';
import type { Tokens } from '../shared/tokens/tokens.ts';
import type { Executor } from './execute/executor.ts';
import type { OwnerIndex } from './execute/owners.ts';

/** What the routes of this service work with. */
export interface CommandContext {
  readonly executor: Executor;
  readonly tokens: Pick<Tokens, 'signAccessToken' | 'signActivationKey'>;
  readonly owners: OwnerIndex;
  /** Commands by route and by what came of them. */
  readonly outcomes: Counter<'command' | 'outcome'>;
}

export const commandRoute = routesFor<CommandContext>();

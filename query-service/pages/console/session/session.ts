import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Scope } from '../../../../shared/tokens/scopes.ts';
import { createApi } from '../../parts/api/api.ts';

/** `GET /v1/staff/me`: whoever is signed in. */
export interface Me {
  readonly staff_id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly scopes: readonly string[];
  readonly csrf_token: string;
  readonly session_expires_at: string;
}

/** What the session's cookie alone does not prove: that this page sends the request, and no other one that a browser shows. */
let csrfToken: string | undefined;
let whenOver: () => void = () => undefined;

/** The API with the session's cookie, which scripts can't read and the browser adds by itself. */
export const api = createApi({
  credentials: ({ method }) =>
    method === 'GET' || csrfToken === undefined ? {} : { 'X-CSRF-Token': csrfToken },
  onSessionOver: () => whenOver(),
});

export function sessionBegan(me: Me, onOver: () => void): void {
  csrfToken = me.csrf_token;
  whenOver = onOver;
}

export function sessionEnded(): void {
  csrfToken = undefined;
  whenOver = () => undefined;
}

const MeContext = createContext<Me | undefined>(undefined);
export const MeProvider = MeContext.Provider;

/** @throws Error outside of a session */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('nobody is signed in here');
  return me;
}

/** Whether one of these scopes is theirs. */
export const may = (me: Me, ...scopes: readonly Scope[]): boolean =>
  scopes.some((scope) => me.scopes.includes(scope));

import { useEffect, useState } from 'preact/hooks';
import { Session } from './session.ts';

/** The one of this tab. */
export const session = new Session(sessionStorage);

/** The session, and the component is shown again whenever somebody comes or goes. */
export function useSession(): Session {
  const [, setTurn] = useState(0);
  useEffect(() => session.listen(() => setTurn((turn) => turn + 1)), []);
  return session;
}

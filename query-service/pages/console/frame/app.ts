import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import { ProblemNotice } from '../../parts/components/notice.ts';
import { Shell } from '../../parts/components/shell.ts';
import { html } from '../../parts/html.ts';
import { takeToken, useLink, usePlace } from '../../parts/router.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { api, type Me, MeProvider, sessionBegan, sessionEnded } from '../session/session.ts';
import { SignIn } from '../session/sign-in.ts';
import { SingleSignOn } from '../session/single-sign-on.ts';
import { Welcome } from '../session/welcome.ts';
import { texts } from '../texts/texts.ts';
import { Announcements } from './announcements.ts';
import { BRAND, Outside } from './outside.ts';
import { menuFor, View } from './places.ts';

const t = texts.session;
/** What the tool and the page of staff hand out. */
const LINKS = ['welcome'] as const;

/** Nothing is known yet; nobody is signed in; somebody is; or the server could not say. */
type Session =
  | { readonly kind: 'asking' | 'nobody' }
  | { readonly kind: 'me'; readonly me: Me; readonly isOver: boolean }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** The console: a sign-in, then the frame with its pages. */
export function App() {
  const [session, setSession] = useState<Session>({ kind: 'asking' });
  const begin = async () => {
    const outcome = await api<Me>({ method: 'GET', path: '/v1/staff/me' });
    if (outcome.ok) {
      const me = outcome.body;
      sessionBegan(me, () => setSession({ kind: 'me', me, isOver: true }));
      setSession({ kind: 'me', me, isOver: false });
    } else if (outcome.problem.status === 401) setSession({ kind: 'nobody' });
    else setSession({ kind: 'failed', problem: outcome.problem });
  };
  useEffect(() => void begin(), []);
  const [refused] = useState(() => takeToken('oidc-error'));
  const [welcome, welcomed] = useLink(LINKS);
  const leave = () => {
    sessionEnded();
    location.hash = '';
    setSession({ kind: 'nobody' });
  };
  const signOut = async () => {
    // What ends is the session that this browser has now, which another tab may have begun.
    const asked = await api<Me>({ method: 'GET', path: '/v1/staff/me' });
    if (asked.ok) sessionBegan(asked.body, leave);
    const outcome = asked.ok ? await api({ method: 'POST', path: '/v1/staff/logout' }) : asked;
    if (outcome.ok || outcome.problem.status === 401) leave();
    else setSession({ kind: 'failed', problem: outcome.problem });
  };
  if (welcome !== undefined) {
    const signedIn = () => {
      welcomed();
      void begin();
    };
    return html`<${Welcome} key=${welcome.token} token=${welcome.token} onSignedIn=${signedIn} />`;
  }
  switch (session.kind) {
    case 'asking':
      return html`<p class="loading centred" role="status">${parts.loading}</p>`;
    case 'failed':
      return html`<${Outside} title=${t.unreachable}>
        <${ProblemNotice} problem=${session.problem} />
        <${Button} onClick=${begin}>${parts.tryAgain}<//>
      <//>`;
    case 'nobody':
      return html`<${Outside} title=${t.title} intro=${t.intro}><${SignIn} onSignedIn=${begin} />
        <${SingleSignOn} refused=${refused} />
      <//>`;
    case 'me':
      return html`<${MeProvider} value=${session.me}>
        <${Frame} me=${session.me} onSignOut=${signOut} onSignedOut=${leave} />
        ${
          session.isOver &&
          html`<${Dialog} title=${t.over} onClose=${() => setSession({ kind: 'nobody' })}>
          <p>${t.overText}</p>
          <${SignIn} onSignedIn=${begin} />
        <//>`
        }
      <//>`;
    default:
      return session satisfies never;
  }
}

interface FrameProps {
  readonly me: Me;
  readonly onSignOut: () => void;
  /** They changed their password, which has ended the session. */
  readonly onSignedOut: () => void;
}

function Frame({ me, onSignOut, onSignedOut }: FrameProps) {
  const place = usePlace();
  const nav = menuFor(me, place);
  return html`<${Shell} brand=${BRAND} home="#/" nav=${nav}
      tools=${html`<a class="whoami" href="#/me">${me.name ?? me.email ?? texts.frame.me}</a><${Button} small onClick=${onSignOut}>${t.signOut}<//>`}>
    <${View} place=${place} me=${me} onSignedOut=${onSignedOut} />
  <//>
  <${Announcements} />`;
}

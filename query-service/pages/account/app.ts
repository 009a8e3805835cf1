import { useState } from 'preact/hooks';
import { Button } from '../parts/components/button.ts';
import { Shell } from '../parts/components/shell.ts';
import { html } from '../parts/html.ts';
import { useLink, usePlace } from '../parts/router.ts';
import { AskAgain } from './session/ask-again.ts';
import { EntryCard, Forgot, SignIn, SignUp } from './session/entry.ts';
import { ResetPassword, VerifyEmail } from './session/links.ts';
import { useSession } from './session/use-session.ts';
import { SignedIn } from './signed-in.ts';
import { texts } from './texts/texts.ts';

/** The links of mails. */
const LINKS = ['reset', 'verify'] as const;

/** What is shown to whom: the link of a mail first, then whoever is signed in, then the way in. */
export function App() {
  const session = useSession();
  const place = usePlace();
  const [link, linkDone] = useLink(LINKS);
  const [isErased, setErased] = useState(false);
  const { identity } = session;
  const [section = ''] = place.path;
  if (link || !identity) {
    const entry = () => {
      if (link?.kind === 'reset')
        return html`<${ResetPassword} key=${link.token} token=${link.token} onDone=${linkDone} />`;
      if (link) return html`<${VerifyEmail} key=${link.token} token=${link.token} onDone=${linkDone} />`;
      if (isErased)
        return html`<${EntryCard} title=${texts.settings.erasedTitle} lead=${texts.settings.erased} />`;
      if (section === 'forgot') return html`<${Forgot} />`;
      return section === 'sign-up' ? html`<${SignUp} />` : html`<${SignIn} />`;
    };
    return html`<${Shell} brand=${texts.title} home="#/">${entry()}<//>`;
  }
  const nav = [
    { href: '#/', label: texts.nav.overview, isCurrent: section !== 'keys' && section !== 'settings' },
    { href: '#/keys', label: texts.nav.keys, isCurrent: section === 'keys' },
    { href: '#/settings', label: texts.nav.settings, isCurrent: section === 'settings' },
  ];
  const tools = html`<span class="who" title=${identity.email}>${identity.email}</span>
    <${Button} small onClick=${() => session.signOut()}>${texts.signOut}<//>`;
  return html`<${Shell} brand=${texts.title} home="#/" nav=${nav} tools=${tools}>
    <${SignedIn} section=${section} isNew=${place.query.has('welcome')} session=${session} onErased=${() => {
      setErased(true);
      session.forget();
    }} />
  <//>
  ${session.isAsking && html`<${AskAgain} session=${session} />`}`;
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { Show, useLoaded } from '../parts/components/load.ts';
import { Notice } from '../parts/components/notice.ts';
import { html } from '../parts/html.ts';
import { type Account, loadAccount, type View } from './data.ts';
import { Keys } from './keys/keys.ts';
import { Machines } from './machines/machines.ts';
import type { Session } from './session/session.ts';
import { Settings } from './settings/settings.ts';
import { Current } from './subscription/current.ts';
import { Plans } from './subscription/plans.ts';
import { texts } from './texts/texts.ts';

export interface SignedInProps {
  readonly session: Session;
  readonly section: string;
  /** Whether they have just signed up. */
  readonly isNew: boolean;
  readonly onErased: () => void;
}

const { nav } = texts;

/** Coming from another section, a screen reader reads on from the heading of this one. */
function useFocusedHeading(section: string): void {
  const before = useRef(section);
  useEffect(() => {
    const title = section === 'keys' ? nav.keys : section === 'settings' ? nav.settings : nav.overview;
    document.title = `${title} · ${texts.title}`;
    if (before.current !== section) document.querySelector<HTMLElement>('main h1')?.focus();
    before.current = section;
  }, [section]);
}

/** The sections of whoever is signed in. */
export function SignedIn({ session, section, isNew, onErased }: SignedInProps) {
  useFocusedHeading(section);
  const loaded = useLoaded('account', () => loadAccount(session));
  const [said, setSaid] = useState<{ readonly what: string; readonly in: string }>();
  const done = (what?: string) => {
    setSaid(what === undefined ? undefined : { what, in: section });
    loaded.reload();
  };
  const what = said?.in === section ? said.what : isNew && texts.welcome(session.identity?.email ?? '');
  const show = (account: Account) => {
    const view: View = { session, account, done };
    if (section === 'keys') return html`<${Keys} view=${view} />`;
    if (section === 'settings') return html`<${Settings} view=${view} onErased=${onErased} />`;
    const { me, subscriptions } = account;
    const plans = html`<${Plans} key="plans" view=${view} />`;
    // Whoever has nothing yet chooses first.
    return html`<${Current} view=${view} />
      ${subscriptions.length === 0 && plans}<${Machines} key=${me.user_id} view=${view} />${subscriptions.length > 0 && plans}`;
  };
  return html`<div class="stack sections">
    <div class="said" role="status">${what && html`<${Notice} tone="good">${what}<//>`}</div>
    <${Show} loaded=${loaded}>${show}<//>
  </div>`;
}

import type { Problem } from '../../parts/api/problem.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { html } from '../../parts/html.ts';
import { formatTime } from '../../parts/texts/format.ts';
import { Page } from '../frame/page.ts';
import { Scopes } from '../staff/scopes.ts';
import { texts } from '../texts/texts.ts';
import { api, useMe } from './session.ts';

const t = texts.session;

/** Whoever is signed in: what they may do, and their password. @param onSignedOut changing it ends every session */
export function MePage({ onSignedOut }: { readonly onSignedOut: () => void }) {
  const me = useMe();
  const change = async ({ password, new_password }: Values): Promise<Problem | undefined> => {
    const path = '/v1/staff/password';
    const outcome = await api({ method: 'POST', path, body: { password, new_password } });
    if (!outcome.ok) return outcome.problem;
    onSignedOut();
    return undefined;
  };
  return html`<${Page} title=${me.name ?? t.me}>
    <dl class="card facts">
      <div><dt>${t.email}</dt><dd>${me.email}</dd></div>
      <div><dt>${t.until}</dt><dd>${formatTime(me.session_expires_at)}</dd></div>
      <div><dt>${texts.staff.scopes}</dt><dd>${me.scopes.length === 0 ? t.noScopes : html`<${Scopes} scopes=${me.scopes} />`}</dd></div>
    </dl>
    <section class="card narrow" aria-labelledby="password"><h2 id="password">${t.changePassword}</h2>
      <p class="hint">${t.changePasswordText}</p>
      <${Form} submit=${t.changePassword} onSubmit=${change} known=${t.problems} fields=${[
        {
          name: 'password',
          label: t.password,
          kind: 'password',
          required: true,
          autocomplete: 'current-password',
        },
        {
          name: 'new_password',
          label: t.newPassword,
          hint: t.newPasswordHint,
          kind: 'password',
          required: true,
          autocomplete: 'new-password',
        },
      ]} />
    </section>
  <//>`;
}

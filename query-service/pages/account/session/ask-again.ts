import { Dialog } from '../../parts/components/dialog.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';
import type { Session } from './session.ts';

/** Over whatever was open: it stays as it is, and goes on once the password was given. */
export const AskAgain = ({ session }: { readonly session: Session }) => {
  const email = session.identity?.email ?? '';
  return html`<${Dialog} title=${texts.again.title} onClose=${() => session.signOut()}>
    <p>${texts.again.lead}</p>
    <${Form} submit=${texts.again.submit} autofocus
      known=${{ ...texts.problems, invalid_credentials: texts.settings.wrongPassword }}
      fields=${[
        {
          name: 'password',
          label: texts.signIn.password,
          kind: 'password',
          required: true,
          hint: email,
          autocomplete: 'current-password',
        },
      ]}
      onSubmit=${({ password }: Values) => session.signIn(email, String(password))} />
    <p><button type="button" class="link" onClick=${() => session.signOut()}>${texts.signOut}</button></p>
  <//>`;
};

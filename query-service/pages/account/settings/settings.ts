import { useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import { Badge } from '../../parts/components/badge.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { ProblemNotice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import type { View } from '../data.ts';
import { emailField, newPasswordField } from '../session/entry.ts';
import { texts } from '../texts/texts.ts';

const words = texts.settings;

const currentPassword: FieldSpec = {
  name: 'password',
  label: words.current,
  kind: 'password',
  required: true,
  autocomplete: 'current-password',
};

/** Said at the field that it is about. */
const atField = (problem: Problem): Problem => {
  if (problem.code === 'wrong_password')
    return { ...problem, errors: [{ pointer: '/password', detail: words.wrongPassword }] };
  if (problem.code === 'email_taken')
    return {
      ...problem,
      errors: [{ pointer: '/email', detail: texts.problems.email_taken ?? problem.title }],
    };
  return problem;
};

interface Props {
  readonly view: View;
}

export const Settings = ({
  view,
  onErased,
}: Props & { readonly onErased: () => void }) => html`<div class="stack narrow">
  <h1 tabindex="-1">${words.title}</h1>
  <${Email} key=${`email-${view.account.me.email}`} view=${view} />
  <${Password} view=${view} />
  <${Erase} view=${view} onErased=${onErased} />
</div>`;

function Email({ view }: Props) {
  const { session, account, done } = view;
  const email = account.me.email ?? '';
  const [state, setState] = useState<{ readonly busy?: boolean; readonly problem?: Problem }>({});
  const verify = async () => {
    setState({ busy: true });
    const outcome = await session.command('/v1/email-verifications');
    setState(outcome.ok ? {} : { problem: outcome.problem });
    if (outcome.ok) done(words.verifySent(email));
  };
  const change = async (values: Values) => {
    const wanted = String(values.email).trim();
    const problem = await session.changeEmail(wanted, String(values.password));
    if (problem) return atField(problem);
    done(words.emailChanged(wanted));
    return undefined;
  };
  return html`<section class="card" aria-labelledby="email-title">
    <div class="head">
      <div>
        <h2 id="email-title">${words.email}</h2>
        <p class="current-email">${email} <${Badge} tone=${account.me.email_verified ? 'good' : 'warning'}>${account.me.email_verified ? words.verified : words.unverified}<//></p>
      </div>
      ${!account.me.email_verified && html`<${Button} busy=${state.busy} onClick=${verify}>${words.verify}<//>`}
    </div>
    ${state.problem && html`<${ProblemNotice} problem=${state.problem} known=${texts.problems} />`}
    <details>
      <summary>${words.changeEmail}</summary>
      <${Form} fields=${[{ ...emailField(), label: words.newEmail, autocomplete: 'email' }, currentPassword]}
        submit=${words.changeEmail} known=${texts.problems} onSubmit=${change} />
    </details>
  </section>`;
}

function Password({ view }: Props) {
  const { session, account, done } = view;
  const [turn, setTurn] = useState(0);
  const change = async (values: Values) => {
    const wanted = String(values.new_password);
    const body = { password: String(values.password), new_password: wanted };
    const outcome = await session.command('/v1/password', body);
    if (!outcome.ok) return atField(outcome.problem);
    // It ended the token of this tab with all others. Where this fails, the next call asks for the password.
    await session.signIn(session.identity?.email ?? account.me.email ?? '', wanted);
    setTurn((before) => before + 1);
    done(words.passwordChanged);
    return undefined;
  };
  return html`<section class="card" aria-labelledby="password-title">
    <div><h2 id="password-title">${words.password}</h2><p class="soft">${words.passwordLead}</p></div>
    <details key=${turn}>
      <summary>${words.changePassword}</summary>
      <${Form} fields=${[currentPassword, newPasswordField('new_password', words.newPassword)]}
        submit=${words.changePassword} known=${texts.problems} onSubmit=${change} />
    </details>
  </section>`;
}

function Erase({ view, onErased }: Props & { readonly onErased: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const erase = async ({ password }: Values) => {
    const outcome = await view.session.command('/v1/me/erase', { password: String(password) });
    if (!outcome.ok) return atField(outcome.problem);
    onErased();
    return undefined;
  };
  return html`<section class="card" aria-labelledby="erase-title">
    <div><h2 id="erase-title">${words.erase}</h2><p class="soft">${words.eraseLead}</p></div>
    <div class="buttons"><${Button} kind="danger" onClick=${() => setAsking(true)}>${words.erase}<//></div>
    ${
      isAsking &&
      html`<${Dialog} title=${words.eraseTitle} onClose=${() => setAsking(false)}>
      <p>${words.eraseConfirm}</p>
      <${Form} fields=${[currentPassword]} submit=${words.eraseSubmit} danger autofocus known=${texts.problems}
        onCancel=${() => setAsking(false)} onSubmit=${erase} />
    <//>`
    }
  </section>`;
}

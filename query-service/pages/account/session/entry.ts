import { useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { Notice } from '../../parts/components/notice.ts';
import { type Children, html } from '../../parts/html.ts';
import { goTo } from '../../parts/router.ts';
import { texts } from '../texts/texts.ts';
import { session } from './use-session.ts';

/** The one card of a page that nobody is signed in to. */
export const EntryCard = ({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly children?: Children;
}) => html`<section class="card entry">
  <header class="entry-head"><h1>${title}</h1>${lead && html`<p class="soft">${lead}</p>`}</header>
  ${children}
</section>`;

export const emailField = (value = ''): FieldSpec => ({
  name: 'email',
  label: texts.signIn.email,
  kind: 'email',
  required: true,
  autocomplete: 'username',
  value,
});

const currentPassword: FieldSpec = {
  name: 'password',
  label: texts.signIn.password,
  kind: 'password',
  required: true,
  autocomplete: 'current-password',
};

export const newPasswordField = (name: string, label: string): FieldSpec => ({
  name,
  label,
  kind: 'password',
  required: true,
  hint: texts.signUp.hint,
  autocomplete: 'new-password',
});

export const SignIn = () => html`<${EntryCard} title=${texts.signIn.title} lead=${texts.signIn.lead}>
  <${Form} fields=${[emailField(), currentPassword]} submit=${texts.signIn.submit} autofocus
    known=${{ ...texts.problems, invalid_credentials: texts.signIn.wrong }}
    onSubmit=${({ email, password }: Values) => session.signIn(String(email).trim(), String(password))} />
  <p class="entry-links"><a href="#/forgot">${texts.signIn.forgot}</a></p>
  <p class="entry-foot">${texts.signIn.newHere} <a href="#/sign-up">${texts.signIn.create}</a></p>
<//>`;

const taken = (problem: Problem | undefined): Problem | undefined =>
  problem?.code === 'email_taken'
    ? { ...problem, errors: [{ pointer: '/email', detail: texts.signUp.taken }] }
    : problem;

export const SignUp = () => html`<${EntryCard} title=${texts.signUp.title} lead=${texts.signUp.lead}>
  <${Form} fields=${[emailField(), newPasswordField('password', texts.signUp.password)]}
    submit=${texts.signUp.submit} autofocus known=${texts.problems}
    onSubmit=${async ({ email, password }: Values) => {
      const problem = await session.signUp(String(email).trim(), String(password));
      if (!problem) goTo('/?welcome');
      return taken(problem);
    }} />
  <p class="entry-foot">${texts.signUp.have} <a href="#/">${texts.signIn.submit}</a></p>
<//>`;

/** Says the same whether there is such an account or not. */
export function Forgot() {
  const [sentTo, setSentTo] = useState<string>();
  const back = html`<p class="entry-foot"><a href="#/">${texts.forgot.back}</a></p>`;
  if (sentTo !== undefined)
    return html`<${EntryCard} title=${texts.forgot.sentTitle}>
      <${Notice} tone="good">${texts.forgot.sent(sentTo)}<//>
      <p><button type="button" class="link" onClick=${() => setSentTo(undefined)}>${texts.forgot.another}</button></p>
      ${back}
    <//>`;
  return html`<${EntryCard} title=${texts.forgot.title} lead=${texts.forgot.lead}>
    <${Form} fields=${[emailField()]} submit=${texts.forgot.submit} autofocus known=${texts.problems}
      onSubmit=${async ({ email }: Values) => {
        const address = String(email).trim();
        const outcome = await session.anyone('/v1/password-resets', { email: address });
        if (!outcome.ok) return outcome.problem;
        setSentTo(address);
        return undefined;
      }} />
    ${back}
  <//>`;
}

import { useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { Notice, ProblemNotice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';
import { EntryCard, newPasswordField } from './entry.ts';
import { session } from './use-session.ts';

export interface LinkProps {
  readonly token: string;
  readonly onDone: () => void;
}

export function ResetPassword({ token, onDone }: LinkProps) {
  const [isSet, setDone] = useState(false);
  if (isSet)
    return html`<${EntryCard} title=${texts.reset.doneTitle}>
      <${Notice} tone="good">${texts.reset.done}<//>
      <div class="buttons"><${Button} kind="primary" onClick=${onDone}>${texts.signIn.submit}<//></div>
    <//>`;
  return html`<${EntryCard} title=${texts.reset.title} lead=${texts.reset.lead}>
    <${Form} fields=${[newPasswordField('new_password', texts.reset.password)]} submit=${texts.reset.submit} autofocus
      known=${{ ...texts.problems, token_invalid: texts.reset.invalid }}
      onSubmit=${async ({ new_password }: Values) => {
        const outcome = await session.anyone('/v1/password-resets/confirm', { token, new_password });
        if (!outcome.ok) return outcome.problem;
        // Every session of the customer has ended; the one of this tab may be somebody else's.
        session.forget();
        setDone(true);
        return undefined;
      }} />
    <p class="entry-foot"><a href="#/forgot" onClick=${onDone}>${texts.reset.another}</a></p>
  <//>`;
}

/** Not done by opening the link alone: programs that look at mails for dangers open every one, and would confirm for a stranger. */
export function VerifyEmail({ token, onDone }: LinkProps) {
  const [state, setState] = useState<{ busy?: boolean; problem?: Problem; done?: boolean }>({});
  const confirm = async () => {
    setState({ busy: true });
    const outcome = await session.anyone('/v1/email-verifications/confirm', { token });
    setState(outcome.ok ? { done: true } : { problem: outcome.problem });
  };
  const go = html`<${Button} kind=${state.done ? 'primary' : 'plain'} onClick=${onDone}>${texts.verify.go}<//>`;
  if (state.done)
    return html`<${EntryCard} title=${texts.verify.doneTitle}>
      <${Notice} tone="good">${texts.verify.done}<//>
      <div class="buttons">${go}</div>
    <//>`;
  return html`<${EntryCard} title=${texts.verify.title} lead=${texts.verify.lead}>
    ${state.problem && html`<${ProblemNotice} problem=${state.problem} known=${{ ...texts.problems, token_invalid: texts.verify.invalid }} />`}
    <div class="buttons">
      ${state.problem ? go : html`<${Button} kind="primary" busy=${state.busy} onClick=${confirm}>${texts.verify.submit}<//>`}
    </div>
  <//>`;
}

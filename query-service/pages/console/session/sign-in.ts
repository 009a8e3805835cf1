import { useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';
import { api } from './session.ts';

const t = texts.session;

interface SignInProps {
  /** Called once the session's cookie is set. */
  readonly onSignedIn: () => void;
}

/** Password, then the second factor: a code of the authenticator app, or one of the recovery codes. */
export function SignIn({ onSignedIn }: SignInProps) {
  const [ticket, setTicket] = useState<string>();
  if (ticket !== undefined)
    return html`<${SecondFactor} ticket=${ticket} onSignedIn=${onSignedIn} onBack=${() => setTicket(undefined)} />`;
  const submit = async ({ email, password }: Values): Promise<Problem | undefined> => {
    const outcome = await api<{ ticket: string }>({
      method: 'POST',
      path: '/v1/staff/login',
      body: { email, password },
    });
    if (!outcome.ok) return outcome.problem;
    setTicket(outcome.body.ticket);
    return undefined;
  };
  return html`<${Form} key="password" autofocus submit=${t.next} onSubmit=${submit} known=${t.problems} fields=${[
    { name: 'email', label: t.email, kind: 'email', required: true, autocomplete: 'username' },
    {
      name: 'password',
      label: t.password,
      kind: 'password',
      required: true,
      autocomplete: 'current-password',
    },
  ]} />`;
}

interface SecondFactorProps extends SignInProps {
  readonly ticket: string;
  readonly onBack: () => void;
}

function SecondFactor({ ticket, onSignedIn, onBack }: SecondFactorProps) {
  const [byRecovery, setByRecovery] = useState(false);
  const submit = async (values: Values): Promise<Problem | undefined> => {
    const outcome = await api({
      method: 'POST',
      path: '/v1/staff/login/second-factor',
      body: { ticket, ...values },
    });
    if (!outcome.ok) return outcome.problem;
    onSignedIn();
    return undefined;
  };
  const field = byRecovery
    ? { name: 'recovery_code', label: t.recoveryCode, hint: t.recoveryHint, kind: 'code', required: true }
    : {
        name: 'code',
        label: t.code,
        hint: t.codeHint,
        kind: 'code',
        required: true,
        autocomplete: 'one-time-code',
      };
  return html`<${Form} key=${field.name} autofocus submit=${t.signIn} onSubmit=${submit} known=${t.problems}
    fields=${[field]} />
  <div class="buttons">
    <${Button} kind="quiet" small onClick=${() => setByRecovery(!byRecovery)}>
      ${byRecovery ? t.useCode : t.useRecovery}
    <//>
    <${Button} kind="quiet" small onClick=${onBack}>${t.otherAccount}<//>
  </div>`;
}

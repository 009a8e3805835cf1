import { useState } from 'preact/hooks';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { CopyButton, CopyText } from '../../parts/components/copy.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { Outside } from '../frame/outside.ts';
import { texts } from '../texts/texts.ts';
import { QrCode } from './qr-code.ts';
import { api } from './session.ts';

const t = texts.session;

interface Factor {
  readonly totp_secret: string;
  readonly otpauth_url: string;
}

type Step =
  | { readonly kind: 'password' }
  | { readonly kind: 'factor'; readonly factor: Factor }
  | { readonly kind: 'recovery'; readonly codes: readonly string[] };

interface WelcomeProps {
  /** Of the link that they were given; it works until the second factor is confirmed. */
  readonly token: string;
  /** Called once they are signed in and have kept their recovery codes. */
  readonly onSignedIn: () => void;
}

/** A new member of staff, or one who was reset: password, second factor, recovery codes. */
export function Welcome({ token, onSignedIn }: WelcomeProps) {
  const [step, setStep] = useState<Step>({ kind: 'password' });
  const setPassword = async ({ password }: Values): Promise<Problem | undefined> => {
    const outcome = await api<Factor>({
      method: 'POST',
      path: '/v1/staff/welcome',
      body: { token, password },
    });
    if (!outcome.ok) return outcome.problem;
    setStep({ kind: 'factor', factor: outcome.body });
    return undefined;
  };
  const confirm = async ({ code }: Values): Promise<Problem | undefined> => {
    const path = '/v1/staff/welcome/second-factor';
    const outcome = await api<{ recovery_codes: readonly string[] }>({
      method: 'POST',
      path,
      body: { token, code },
    });
    if (!outcome.ok) return outcome.problem;
    setStep({ kind: 'recovery', codes: outcome.body.recovery_codes });
    return undefined;
  };
  switch (step.kind) {
    case 'password':
      return html`<${Outside} key="password" title=${t.welcome} intro=${t.welcomeText}>
        <${Form} autofocus submit=${t.welcomeNext} onSubmit=${setPassword} known=${t.problems} fields=${[
          {
            name: 'password',
            label: t.newPassword,
            hint: t.newPasswordHint,
            kind: 'password',
            required: true,
            autocomplete: 'new-password',
          },
        ]} />
      <//>`;
    case 'factor':
      return html`<${Outside} key="factor" title=${t.scan} intro=${t.scanText}>
        <${QrCode} text=${step.factor.otpauth_url} label=${t.qrLabel} />
        <p>${t.secret}: <${CopyText} text=${step.factor.totp_secret} label=${t.secret} /></p>
        <p><a href=${step.factor.otpauth_url}>${t.openApp}</a></p>
        <${Form} submit=${t.confirm} onSubmit=${confirm} known=${t.problems} fields=${[
          {
            name: 'code',
            label: t.code,
            hint: t.codeHint,
            kind: 'code',
            required: true,
            autocomplete: 'one-time-code',
          },
        ]} />
      <//>`;
    case 'recovery':
      return html`<${Outside} key="recovery" title=${t.recoveryTitle}>
        <${Notice} tone="warning"><p>${t.recoveryText}</p><//>
        <ul class="codes">${step.codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ul>
        <div class="buttons">
          <${Button} kind="primary" onClick=${onSignedIn}>${t.toSignIn}<//>
          <${CopyButton} text=${step.codes.join('\n')} label=${t.recoveryTitle} />
        </div>
      <//>`;
    default:
      return step satisfies never;
  }
}

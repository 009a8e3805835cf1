import { useRef, useState } from 'preact/hooks';
import { type Call, curlOf } from '../../parts/api/call.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { Button } from '../../parts/components/button.ts';
import { Dialog } from '../../parts/components/dialog.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { Notice } from '../../parts/components/notice.ts';
import { type Children, html } from '../../parts/html.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { announce } from '../frame/announcements.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { Action, Basis } from './action.ts';
import { Changed } from './changed.ts';
import { Curl } from './curl.ts';
import { idempotencyKeys } from './idempotency.ts';

const t = texts.actions;

interface ActionDialogProps {
  readonly action: Action;
  readonly basis: Basis;
  readonly onDone: (position: string | undefined) => void;
  readonly onClose: () => void;
}

/** A refusal because of `If-Match`: what was asked for, and what the state is now. */
interface Refused {
  readonly values: Values;
  readonly etag: string;
}

/** The form of an action, its curl, and what came of it. */
export function ActionDialog({ action, basis, onDone, onClose }: ActionDialogProps) {
  const keys = useRef(idempotencyKeys());
  const [refused, setRefused] = useState<Refused>();
  const [shown, setShown] = useState<{ readonly content: Children; readonly position: string | undefined }>();
  const [problem, setProblem] = useState<Problem>();

  const callOf = (values: Values, etag = basis.etag): Call => {
    const command = action.command(values);
    return { ...command, ifMatch: etag, idempotencyKey: keys.current({ command, etag }) };
  };
  const send = async (values: Values, etag?: string): Promise<Problem | undefined> => {
    const outcome = await api<unknown>(callOf(values, etag));
    if (outcome.ok) {
      setRefused(undefined);
      if (action.result) setShown({ content: action.result(outcome.body), position: outcome.position });
      else {
        announce(action.done);
        onClose();
        onDone(outcome.position);
      }
      return undefined;
    }
    if (outcome.problem.code === 'precondition_failed' && outcome.etag !== undefined) {
      setRefused({ values, etag: outcome.etag });
      return undefined;
    }
    return outcome.problem;
  };
  const finish = () => {
    onClose();
    onDone(shown?.position);
  };

  if (shown)
    return html`<${Dialog} title=${action.title} onClose=${finish}>
      <${Notice} tone="good" title=${action.done}>${action.isShownOnce && html`<p>${t.shownOnce}</p>`}<//>
      ${shown.content}
      <div class="buttons"><${Button} kind="primary" onClick=${finish}>${parts.close}<//></div>
    <//>`;
  if (refused)
    return html`<${Dialog} title=${action.title} onClose=${onClose}>
      <${Changed} basis=${basis} problem=${problem} label=${t.doItNow} danger=${action.danger}
        onAgain=${async () => setProblem(await send(refused.values, refused.etag))}
        onLeave=${() => {
          onClose();
          onDone(undefined);
        }} />
    <//>`;
  return html`<${Dialog} title=${action.title} onClose=${onClose}>
    ${action.explain && html`<p>${action.explain}</p>`}
    <${Form} autofocus fields=${action.fields} submit=${action.submit ?? action.label} danger=${action.danger} known=${t.problems}
      onSubmit=${(values: Values) => send(values)} onCancel=${onClose}
      below=${(values: Values) => html`<${Curl} text=${curlOf(callOf(values), location.origin)} />`} />
  <//>`;
}

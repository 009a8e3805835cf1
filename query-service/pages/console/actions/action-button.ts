import { useState } from 'preact/hooks';
import { Button } from '../../parts/components/button.ts';
import { html } from '../../parts/html.ts';
import { may, useMe } from '../session/session.ts';
import type { Action, Basis } from './action.ts';
import { ActionDialog } from './action-dialog.ts';

interface ActionButtonProps {
  readonly action: Action;
  readonly basis?: Basis;
  readonly kind?: 'primary' | 'plain' | 'quiet';
  readonly small?: boolean;
  /** Read instead of the label where that does not say of what. */
  readonly of?: string;
  /** @param position of the event that it made, which the page must show now */
  readonly onDone: (position: string | undefined) => void;
}

/** An action for whoever may do it; nothing for others. */
export function ActionButton({ action, basis = {}, kind, small, of, onDone }: ActionButtonProps) {
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  if (!may(me, ...action.scopes)) return null;
  return html`<${Button} kind=${kind} small=${small} label=${of && `${action.label}: ${of}`} onClick=${() => setOpen(true)}>
      ${action.label}
    <//>
    ${isOpen && html`<${ActionDialog} action=${action} basis=${basis} onDone=${onDone} onClose=${() => setOpen(false)} />`}`;
}

import { useEffect, useId, useRef } from 'preact/hooks';
import { type Children, html } from '../html.ts';
import { texts } from '../texts/texts.ts';

/** A modal dialog: the browser's own, which keeps the focus inside, closes with Escape and gives the focus back. */
export function Dialog({
  title,
  children,
  onClose,
}: {
  readonly title: string;
  readonly children?: Children;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    // Else the focus is on the button that closes it. (`autofocus` is an attribute that preact sets too late.)
    element?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => element?.close();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${id} onCancel=${(event: Event) => {
    event.preventDefault();
    onClose();
  }}>
    <header class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <button type="button" class="button quiet small" aria-label=${texts.close} onClick=${onClose}>✕</button>
    </header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

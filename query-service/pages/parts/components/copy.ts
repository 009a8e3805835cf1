import { useEffect, useState } from 'preact/hooks';
import { html } from '../html.ts';
import { texts } from '../texts/texts.ts';
import { Button } from './button.ts';

/** Copies a text, and says so for a moment. Where the page may not write to the clipboard the text stays to be selected. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return html`<${Button} kind="quiet" small label=${label && `${texts.copy}: ${label}`} onClick=${copy}>
    <span aria-live="polite">${copied ? texts.copied : texts.copy}</span>
  <//>`;
}

/** Something to be copied or typed: a key, a secret, a link. */
export const CopyText = ({ text, label }: { readonly text: string; readonly label: string }) =>
  html`<span class="copy-text"><code>${text}</code><${CopyButton} text=${text} label=${label} /></span>`;

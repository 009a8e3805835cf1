import { useEffect, useState } from 'preact/hooks';
import { html } from '../../parts/html.ts';

type Listener = (text: string) => void;
let listener: Listener = () => undefined;

/** Says for some seconds what was done, to eyes and to screen readers. */
export const announce = (text: string): void => listener(text);

const SHOWN_MS = 5_000;

/** Where announcements appear: one place, from the start on, or a screen reader would not hear of the first one. */
export function Announcements() {
  const [text, setText] = useState('');
  useEffect(() => {
    listener = setText;
    return () => {
      listener = () => undefined;
    };
  }, []);
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => setText(''), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="announcements" role="status">${text && html`<p class="announcement">${text}</p>`}</div>`;
}

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../parts/html.ts';

/** Modules of white around the code, as ISO/IEC 18004 wants. */
const QUIET = 4;

/** The dark modules as one path, a unit square each. */
async function pathOf(text: string): Promise<{ readonly path: string; readonly size: number }> {
  const { default: qrCode } = await import('qrcode-generator');
  const code = qrCode(0, 'M');
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const squares: string[] = [];
  for (let row = 0; row < count; row++)
    for (let column = 0; column < count; column++)
      if (code.isDark(row, column)) squares.push(`M${column + QUIET} ${row + QUIET}h1v1h-1z`);
  return { path: squares.join(''), size: count + 2 * QUIET };
}

/** A text for a phone's camera, drawn here: it holds a secret, and goes to no server. Always dark on white, or cameras fail. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const [drawn, setDrawn] = useState<{ readonly path: string; readonly size: number }>();
  useEffect(() => void pathOf(text).then(setDrawn), [text]);
  return html`<div class="qr">${
    drawn &&
    html`<svg viewBox=${`0 0 ${drawn.size} ${drawn.size}`} role="img"
    aria-label=${label} shape-rendering="crispEdges"><path d=${drawn.path} /></svg>`
  }</div>`;
}

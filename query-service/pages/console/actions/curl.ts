import { CopyButton } from '../../parts/components/copy.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../../parts/texts/texts.ts';

/** What a script would send instead of pressing the button. */
export const Curl = ({ text }: { readonly text: string }) => html`<details class="curl">
  <summary>${texts.curl}</summary>
  <pre tabindex="0" role="region" aria-label=${texts.curl}><code>${text}</code></pre>
  <${CopyButton} text=${text} />
</details>`;

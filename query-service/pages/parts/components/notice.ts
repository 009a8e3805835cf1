import type { Problem } from '../api/problem.ts';
import { type Children, html } from '../html.ts';
import { texts } from '../texts/texts.ts';
import type { Tone } from './badge.ts';

/** Something that a person must read. A bad one is read out at once, others when there is a pause. */
export const Notice = ({
  tone = 'info',
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children?: Children;
}) => html`<div class=${`notice ${tone}`} role=${tone === 'bad' ? 'alert' : 'status'}>
  ${title && html`<p class="notice-title">${title}</p>`}
  ${children}
</div>`;

/** What a problem says to a person, where a page has no better words for its code. */
export function problemText({ status, code, title, detail, errors }: Problem): string {
  if (code === 'no_answer') return texts.noAnswer;
  if (status === 429) return detail ?? texts.tooMany;
  if (code === 'invalid_request' && errors && errors.length > 0)
    return errors.map(({ pointer, detail: what }) => `${pointer}: ${what}`).join('; ');
  if (detail === undefined) return title;
  return `${title}: ${detail}`;
}

/** @param known texts of the page for codes that it expects */
export function ProblemNotice({
  problem,
  known = {},
}: {
  readonly problem: Problem;
  readonly known?: Readonly<Record<string, string>>;
}) {
  return html`<${Notice} tone="bad">
    <p>${known[problem.code] ?? problemText(problem)}</p>
    ${problem.request_id && html`<p class="request-id">${texts.requestId} <code>${problem.request_id}</code></p>`}
  <//>`;
}

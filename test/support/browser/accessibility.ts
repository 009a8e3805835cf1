import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** Importing it would run the browser's code here. */
const SOURCE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** The rules of WCAG 2.2 up to AA, and axe's best practices. */
const RUN = `axe.run(document, { resultTypes: ['violations'] })`;

/**
 * What axe finds on the page as it stands, a line for each: rule, place and what is wrong. Empty is what a test expects.
 * It comes through the debugger's protocol, which no Content-Security-Policy stops.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(SOURCE);
  const { violations } = (await page.evaluate(RUN)) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => {
      const [, ...reasons] = failureSummary.split('\n').map((line) => line.trim());
      return `${id} at ${target.join(' ')}: ${reasons.join('; ')}`;
    }),
  );
}

/** True where the page, or a dialog that is open, is wider than the room it has, so that one has to scroll sideways. */
export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(
    `[document.documentElement, ...document.querySelectorAll('dialog[open]')].some((one) => one.scrollWidth > one.clientWidth)`,
  );

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findPrograms } from '../../../local/servers/programs.ts';

const stderr = (line: string) => void process.stderr.write(`${line}\n`);

/** A phone's width in CSS pixels, and a laptop's. */
export const PHONE = 390;
export const LAPTOP = 1280;

export interface Visit {
  /** What paths are relative to. */
  readonly url: string;
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
}

/** One person at one browser: cookies and storage of their own. */
export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * What no visit may have: exceptions that nobody caught, errors in the console (a violated Content-Security-Policy is
   * one), requests to another origin. An HTTP status that the page asked for and handles is none.
   */
  readonly faults: readonly string[];
}

/** Debian's Chromium, installed where it is missing. @throws ProgramsMissing it can't be had */
export function launchBrowser(): Promise<Browser> {
  const { chromium: executablePath } = findPrograms(['chromium'], stderr);
  return chromium.launch({
    executablePath,
    // Its sandbox needs what containers and root don't have; what it shows here is our own pages alone.
    chromiumSandbox: false,
    // A small /dev/shm, as containers have it, ends a tab.
    args: ['--disable-dev-shm-usage'],
  });
}

/** Chromium writes one for each status of 400 and above; whether the page handles it is the test's to see. */
const isStatus = (text: string): boolean => text.startsWith('Failed to load resource: the server responded');

/** Opens a tab. Whoever waits in it waits 20 s at most. */
export async function visit(browser: Browser, options: Visit): Promise<Visitor> {
  const { url, width = LAPTOP, colorScheme = 'light', locale = 'en-GB' } = options;
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height: width === PHONE ? 844 : 800 },
    hasTouch: width === PHONE,
    isMobile: width === PHONE,
    reducedMotion: 'reduce',
    ...{ colorScheme, locale },
  });
  context.setDefaultTimeout(20_000);
  const faults: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' && !isStatus(message.text())) faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`exception: ${error.error()}`));
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && protocol !== 'data:' && protocol !== 'blob:')
      faults.push(`request elsewhere: ${request.url()}`);
  });
  const page = await context.newPage();
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}

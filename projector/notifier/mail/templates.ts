import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../shared/config.ts';
import type { MailKind } from '../../../shared/notifications/mails.ts';

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The texts that a mail may have: a trial's end has one of its own. */
export const TEMPLATES = [
  'verify-email',
  'reset-password',
  'email-changed',
  'subscription-ending',
  'subscription-ended',
  'trial-ending',
  'trial-ended',
] as const satisfies readonly (MailKind | `trial-${string}`)[];
export type TemplateName = (typeof TEMPLATES)[number];

/** What a text may name: `{{seller}}`. */
const COMMON = ['seller', 'account_url'] as const;
const ABOUT_SUBSCRIPTION = ['product', 'plan', 'end_date'] as const;
export const VALUES: Readonly<Record<TemplateName, readonly string[]>> = {
  'verify-email': [...COMMON, 'email', 'link', 'expires_at'],
  'reset-password': [...COMMON, 'email', 'link', 'expires_at'],
  'email-changed': [...COMMON, 'email'],
  'subscription-ending': [...COMMON, ...ABOUT_SUBSCRIPTION],
  'subscription-ended': [...COMMON, ...ABOUT_SUBSCRIPTION],
  'trial-ending': [...COMMON, ...ABOUT_SUBSCRIPTION],
  'trial-ended': [...COMMON, ...ABOUT_SUBSCRIPTION],
};

export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export type Render = (name: TemplateName, values: Readonly<Record<string, string>>) => Rendered;

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(PLACEHOLDER, (_all, name: string) => values[name] ?? '');

/** A paragraph of the text: one that is a URL and nothing else can be clicked on. */
function paragraph(text: string): string {
  const shown = escapeHtml(text).replaceAll('\n', '<br>');
  return /^https?:\/\/\S+$/.test(text) ? `<p><a href="${shown}">${shown}</a></p>` : `<p>${shown}</p>`;
}

interface Template {
  readonly subject: string;
  readonly text: string;
}

/** The first line is the subject, the text follows an empty line. @throws ConfigError */
function parse(file: string, content: string, allowed: readonly string[]): Template {
  const [, subject, text] = /^Subject: ([^\n]+)\n\n(.+)$/s.exec(content.replaceAll('\r\n', '\n')) ?? [];
  const problem = (what: string) => new ConfigError([`MAIL_TEMPLATES: ${file} ${what}`]);
  if (subject === undefined || text === undefined)
    throw problem('has to begin with a line "Subject: …" and an empty line');
  for (const [, name = ''] of content.matchAll(PLACEHOLDER))
    if (!allowed.includes(name))
      throw problem(`has {{${name}}}; it may have ${allowed.map((one) => `{{${one}}}`).join(', ')}`);
  return { subject, text: text.trim() };
}

const DEFAULTS = path.join(import.meta.dirname, 'templates');

/** @throws ConfigError it is there and can't be read */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError([`MAIL_TEMPLATES: ${file} can't be read (${String(error)})`]);
  }
}

/**
 * Reads all texts at once: those in the seller's folder, else the language's own.
 * @throws ConfigError the folder is not there, a text is malformed, or names a value that it does not get
 */
export function loadTemplates(language: Language, folder: string | undefined): Render {
  const read = (name: string, own: string): { readonly file: string; readonly content: string } => {
    const file = folder && path.join(folder, name);
    const content = file && readIfThere(file);
    if (file && content !== undefined) return { file, content };
    return { file: own, content: readFileSync(own, 'utf8') };
  };
  if (folder !== undefined && !existsSync(folder))
    throw new ConfigError([`MAIL_TEMPLATES: ${folder} is not there`]);
  const templates = new Map<TemplateName, Template>();
  for (const name of TEMPLATES) {
    const { file, content } = read(`${name}.txt`, path.join(DEFAULTS, language, `${name}.txt`));
    templates.set(name, parse(file, content, VALUES[name]));
  }
  const layout = read('layout.html', path.join(DEFAULTS, 'layout.html')).content;
  return (name, values) => {
    const { subject: head, text: body } = templates.get(name) as Template;
    const subject = fill(head, values);
    const text = fill(body, values);
    const html = text
      .split(/\n{2,}/)
      .map(paragraph)
      .join('\n');
    const shown = { subject: escapeHtml(subject), seller: escapeHtml(values.seller ?? ''), language };
    return { subject, text: `${text}\n`, html: fill(layout, { ...shown, content: html }) };
  };
}

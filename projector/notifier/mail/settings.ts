import path from 'node:path';
import { z } from 'zod';
import { ConfigError, SECRET_PASSWORD, serviceSettings } from '../../../shared/config.ts';
import { isLoopback } from '../../../shared/http/loopback.ts';
import { publicSettings } from '../../../shared/http/settings.ts';
import { LANGUAGES, type Language } from './templates.ts';

const SCHEMES = ['smtp://', 'smtps://', 'file:'];
const WHERE = `expected a URL starting with ${SCHEMES.join(', ')}`;

const isMailUrl = (url: string): boolean =>
  SCHEMES.some((scheme) => url.startsWith(scheme)) &&
  URL.canParse(url) &&
  (url.startsWith('file:') || new URL(url).hostname !== '');

/** `Seller <licenses@example.com>`, or the address alone. */
const FROM = /^(?:([^<>"\r\n]+?)\s*<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/;

/** Of who sends mail. */
export const mailSettings = {
  MAIL_URL: z
    .string()
    .refine(isMailUrl, { error: WHERE })
    .optional()
    .meta(SECRET_PASSWORD)
    .describe(
      'Where mail goes: `smtp://user:password@host:587` (with STARTTLS, unless `?requireTLS=false`), `smtps://…:465`, or `file:` and a folder; no mail is sent unless set',
    ),
  MAIL_FROM: z
    .string()
    .regex(FROM, { error: 'expected an address, or a name and an address: Seller <licenses@example.com>' })
    .optional()
    .describe(
      'Whom mail is from: `Seller <licenses@example.com>`; the texts name the seller so. Required with MAIL_URL',
    ),
  MAIL_LANGUAGE: z.enum(LANGUAGES).default('en').describe('Language of the texts and dates in mails'),
  MAIL_TEMPLATES: z
    .string()
    .optional()
    .describe('Folder with texts of your own; those that it does not have stay as they are (docs/mail.md)'),
};

const schema = z.object({ ...mailSettings, ...publicSettings, NODE_ENV: serviceSettings.NODE_ENV });
export type MailSettings = z.infer<typeof schema>;

/** Mail as it is set up. */
export interface MailConfig {
  readonly url: string;
  readonly from: { readonly name: string; readonly address: string };
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly language: Language;
  readonly templates: string | undefined;
}

/** Undefined where no mail is to be sent. @throws ConfigError what goes with MAIL_URL lacks, or leads nowhere */
export function mailConfig(settings: MailSettings): MailConfig | undefined {
  const { MAIL_URL: url, MAIL_FROM, PUBLIC_URL, MAIL_LANGUAGE: language, MAIL_TEMPLATES } = settings;
  if (url === undefined) return undefined;
  if (MAIL_FROM === undefined) throw new ConfigError(['MAIL_FROM: required, since MAIL_URL is set']);
  const leadsNowhere = settings.NODE_ENV === 'production' && isLoopback(new URL(PUBLIC_URL).hostname);
  if (leadsNowhere && !url.startsWith('file:'))
    throw new ConfigError([
      `PUBLIC_URL: expected the address that customers open, since MAIL_URL is set; links to ${PUBLIC_URL} would lead them to their own machine`,
    ]);
  const [, name, named, alone] = FROM.exec(MAIL_FROM) ?? [];
  const address = named ?? alone ?? '';
  return {
    url,
    from: { name: name ?? address.slice(address.indexOf('@') + 1), address },
    publicUrl: PUBLIC_URL.replace(/\/+$/, ''),
    language,
    templates: MAIL_TEMPLATES === undefined ? undefined : path.resolve(MAIL_TEMPLATES),
  };
}

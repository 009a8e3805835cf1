import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';
import { isLoopback } from '../../../shared/http/loopback.ts';

/** A mail ready to be sent. */
export interface Message {
  /** The same for every attempt: mailboxes that have it already drop it by this. */
  readonly id: string;
  readonly date: Date;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Where mail goes. */
export interface Transport {
  /** Resolves once the server has taken it. @throws MailRefused; or what went wrong, which may pass */
  send(message: Message): Promise<void>;
  close(): void;
}

/** The server has refused this very mail for good (a 5xx to its recipient or its data): sending it again would not help. */
export class MailRefused extends Error {
  readonly code = 'mail_refused';
  constructor(options: ErrorOptions) {
    super('the mail server refused it', options);
    this.name = 'MailRefused';
  }
}

/** At once. */
export const CONNECTIONS = 5;
/**
 * Together they are below the lease of a mail under way. A server may look through a mail for a minute before it takes it: who gives up
 * sooner sends it twice.
 */
const TIMEOUTS = {
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 120_000,
  dnsTimeout: 10_000,
};

const shapeOf = ({ id, date, from, to, subject, text, html }: Message) => ({
  ...{ messageId: `<${id}@${from.address.slice(from.address.indexOf('@') + 1)}>`, date, from },
  // Not the text alone, which would be read as a list: an address of an older release may hold a comma.
  ...{ to: { name: '', address: to }, subject, text, html },
  // RFC 3834: nobody's out-of-office answers it.
  headers: { 'Auto-Submitted': 'auto-generated' },
});

interface SmtpError extends Error {
  readonly command?: string;
  readonly responseCode?: number;
}

const isRefused = (error: unknown): boolean => {
  const { command, responseCode = 0 } = error as SmtpError;
  return responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
};

/**
 * By SMTP. Without TLS from the start, STARTTLS is required: links to set a password by are in these mails. A server on this machine
 * needs none, and in a network of one's own it is turned off by name.
 */
function smtp(url: URL): Transport {
  const secure = url.protocol === 'smtps:';
  const asked = url.searchParams.get('requireTLS');
  const isHere = isLoopback(url.hostname) && asked === null;
  const auth = url.username && {
    auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
  };
  const transport = createTransport({
    ...{ pool: true, maxConnections: CONNECTIONS, secure, ...TIMEOUTS, ...auth },
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    requireTLS: !secure && !isHere && asked !== 'false',
    ignoreTLS: !secure && isHere,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(message) {
      try {
        await transport.sendMail(shapeOf(message));
      } catch (error) {
        throw isRefused(error) ? new MailRefused({ cause: error }) : error;
      }
    },
    close: () => transport.close(),
  };
}

/** Into a folder, a file a mail: for development. Sent again it is the same file. */
function files(folder: string): Transport {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    async send(message) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { message: content } = await transport.sendMail(shapeOf(message));
      const name = `${message.date.toISOString().replaceAll(':', '-')}-${message.id}.eml`;
      const unfinished = path.join(folder, `.${name}`);
      await writeFile(unfinished, content as Buffer, { mode: 0o600 });
      await rename(unfinished, path.join(folder, name));
    },
    close: () => transport.close(),
  };
}

/** @param url as MAIL_URL has it; a folder may be relative */
export function createMailTransport(url: string): Transport {
  return url.startsWith('file:') ? files(path.resolve(url.replace(/^file:(\/\/)?/, ''))) : smtp(new URL(url));
}

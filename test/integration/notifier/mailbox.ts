import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as a server has taken it. */
export interface ReceivedMail {
  readonly to: string;
  readonly raw: string;
  /** The header's value; empty if there is none. */
  header(name: string): string;
  /** Both parts, decoded: the text, then the HTML. */
  readonly parts: readonly string[];
}

/** What the server says to a recipient: nothing (it takes the mail), or an SMTP status. */
export type Answer = (to: string) => number | undefined;

const decode = (text: string): string => {
  const bytes = text.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => `%${hex}`);
  return decodeURIComponent(bytes.replaceAll(/%(?![0-9A-F]{2})/g, '%25'));
};

const body = (part: string): string => {
  const [head = '', ...rest] = part.split('\r\n\r\n');
  const content = rest.join('\r\n\r\n').trim();
  if (/encoding: base64/i.test(head)) return Buffer.from(content, 'base64').toString();
  return /encoding: quoted-printable/i.test(head) ? decode(content) : content;
};

function received(to: string, raw: string): ReceivedMail {
  const [head = ''] = raw.split('\r\n\r\n');
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(unfolded)?.[1] ?? '';
  const boundary = /boundary="([^"]+)"/.exec(unfolded)?.[1];
  const parts = boundary === undefined ? [] : raw.split(`--${boundary}`).slice(1, -1).map(body);
  return { to, raw, header, parts };
}

/** A mail server of the test's own, which takes what is sent to anybody. */
export class Mailbox {
  readonly received: ReceivedMail[] = [];
  answer: Answer = () => undefined;
  /** How long it thinks about a mail, in milliseconds. */
  delayMs = 0;
  #server: SMTPServer | undefined;
  #port = 0;

  get url(): string {
    return `smtp://127.0.0.1:${this.#port}`;
  }

  to(address: string): ReceivedMail[] {
    return this.received.filter(({ to }) => to === address);
  }

  /** On the port that it had before, if it had one. */
  async open(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      // Clients keep their connections.
      closeTimeout: 100,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: ({ address }, _session, done) => {
        const status = this.answer(address);
        const error =
          status && Object.assign(new Error(`<${address}> is not taken`), { responseCode: status });
        done(error || null);
      },
      onData: (stream, session, done) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          const raw = Buffer.concat(pieces).toString();
          for (const { address } of session.envelope.rcptTo) this.received.push(received(address, raw));
          setTimeout(() => done(), this.delayMs);
        });
      },
    });
    // A client that was killed is no fault of the server's.
    server.on('error', () => undefined);
    this.#server = server;
    const listening = server.listen(this.#port, '127.0.0.1');
    await once(listening, 'listening');
    this.#port = (listening.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await new Promise<void>((resolve) => (server ? server.close(resolve) : resolve()));
  }
}

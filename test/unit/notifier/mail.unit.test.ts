import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readNotifierConfig } from '../../../projector/notifier/config.ts';
import { reasonOf } from '../../../projector/notifier/mail/sender.ts';
import { mailConfig } from '../../../projector/notifier/mail/settings.ts';
import { LANGUAGES, loadTemplates, TEMPLATES, VALUES } from '../../../projector/notifier/mail/templates.ts';
import { createMailTransport, MailRefused } from '../../../projector/notifier/mail/transport.ts';
import { passwordResetToken } from '../../../shared/tokens/one-time.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'license-test-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));
const text = (name: string, content: string) => writeFileSync(path.join(folder, name), content);
const marked = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `<${name}>`]));

describe('the texts of mails', () => {
  it.each(LANGUAGES.flatMap((language) => TEMPLATES.map((name) => [language, name] as const)))(
    'in %s, of %s: say what they are told, escaped in HTML',
    (language, name) => {
      const { subject, text, html } = loadTemplates(language, undefined)(name, marked(VALUES[name]));
      expect(subject).not.toBe('');
      for (const needed of VALUES[name].filter((one) => one === 'link' || one === 'end_date'))
        expect(`${subject}\n${text}`).toContain(`<${needed}>`);
      expect(`${subject}${text}${html}`).not.toMatch(/\{\{/);
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).not.toContain('<seller>');
      expect(html).toContain('&#60;seller&#62;');
    },
  );

  it('are the seller’s own where there are some; a link alone in its paragraph can be clicked on', () => {
    text(
      'trial-ended.txt',
      'Subject: Over, {{ product }}\r\n\r\nBye.\r\n\r\nhttps://example.com/?a=1&b=2\r\n',
    );
    const render = loadTemplates('en', folder);
    const { subject, html } = render('trial-ended', marked(VALUES['trial-ended']));
    expect(subject).toBe('Over, <product>');
    expect(html).toContain(
      '<p><a href="https://example.com/?a=1&#38;b=2">https://example.com/?a=1&#38;b=2</a></p>',
    );
    expect(render('trial-ending', marked(VALUES['trial-ending'])).subject).toMatch(/^Your trial/);
  });

  it.each([
    ['Hello', 'has to begin with a line "Subject: …" and an empty line'],
    [
      'Subject: a\n\nSee {{link}}',
      'has {{link}}; it may have {{seller}}, {{account_url}}, {{product}}, {{plan}}, {{end_date}}',
    ],
  ])('are refused at the start: %j', (content, why) => {
    text('trial-ended.txt', content);
    expect(() => loadTemplates('en', folder)).toThrow(why);
  });
});

describe('a mail', () => {
  it('goes to one address, whatever is in it', async () => {
    const box = path.join(folder, 'box');
    await createMailTransport(`file:${box}`).send({
      ...{ id: 'one', date: new Date(0), from: { name: 'Seller', address: 'mail@example.com' } },
      ...{ to: 'ada,bob@example.com', subject: 's', text: 't', html: 'h' },
    });
    const [file = ''] = readdirSync(box);
    expect(readFileSync(path.join(box, file), 'utf8')).toMatch(/^To: <"ada,bob"@example\.com>$/m);
  });

  it('that was refused is told of without its address and its link', async () => {
    const id = '019a0000-0000-7000-8000-000000000000';
    const secrets = { derive: async () => Buffer.alloc(32, 1) };
    const token = await passwordResetToken(secrets, { userId: id, resetId: id });
    const said = `550 ada@example.com: https://example.com/account#reset=${token} is on a list (${id})`;
    const told = reasonOf(new MailRefused({ cause: new Error(said) }));
    expect(told).toBe(`550 …: https://example.com/account#reset=… is on a list (${id})`);
  });
});

describe('the settings of mail', () => {
  const env = {
    EVENTSTORE_URL: 'esdb://a',
    DATABASE_URL: 'postgres://a',
    VAULT_MASTER_KEY: 'A'.repeat(43),
    NODE_ENV: 'test',
  };
  const read = (more: Record<string, string>) => mailConfig(readNotifierConfig({ ...env, ...more }));
  const whole = {
    MAIL_URL: 'smtp://mail.example.com',
    MAIL_FROM: 'a@example.org',
    PUBLIC_URL: 'https://a.example.org/',
  };

  it('are none, or whole', () => {
    expect(read({})).toBeUndefined();
    expect(read(whole)).toMatchObject({
      from: { name: 'example.org', address: 'a@example.org' },
      publicUrl: 'https://a.example.org',
      language: 'en',
    });
    expect(read({ ...whole, MAIL_FROM: 'Ann Example <a@example.org>' })?.from).toEqual({
      name: 'Ann Example',
      address: 'a@example.org',
    });
    expect(() => read({ MAIL_URL: whole.MAIL_URL })).toThrow(/MAIL_FROM: required/);
    const unset = { ...whole, PUBLIC_URL: '', NODE_ENV: 'production' };
    expect(() => read(unset)).toThrow(/PUBLIC_URL: expected .* links to http:\/\/localhost:8080/);
    expect(read({ ...unset, MAIL_URL: 'file:mails' })?.url).toBe('file:mails');
  });

  it.each([
    ['MAIL_URL', 'http://mail.example.com'],
    ['MAIL_URL', 'smtp://'],
    ['MAIL_FROM', 'Ann <not an address>'],
    ['MAIL_FROM', 'a@example.org\r\nBcc: b@example.org'],
    ['PUBLIC_URL', 'ftp://a'],
    ['MAIL_LANGUAGE', 'xx'],
  ])('are checked at the start: %s=%j', (name, value) => {
    expect(() => read({ ...whole, [name]: value })).toThrow(new RegExp(`  ${name}: `));
  });
});

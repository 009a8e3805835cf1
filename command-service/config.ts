import { z } from 'zod';
import { connectionUrl, flag, integer, readConfig, SECRET, serviceSettings } from '../shared/config.ts';
import { LATEST_SCHEMA_LEVEL } from '../shared/events/schemas/catalogue.ts';
import { httpSettings, publicSettings } from '../shared/http/settings.ts';
import { tokenSettings } from '../shared/tokens/settings.ts';
import { tracingSettings } from '../shared/tracing/settings.ts';
import { vaultSettings } from '../shared/vault/master-key.ts';
import { webhookSettings } from '../shared/webhooks/settings.ts';

/** Every setting of this service. */
export const commandSettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...publicSettings,
  ...tracingSettings,
  ...tokenSettings,
  ...vaultSettings,
  PORT: integer(0, 65_535).default(3001).describe('Port to listen on; 0 for any free one'),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://').describe('Connection string of the event log'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the read model (to find whose an id is) and the usage counts',
  ),
  VAULT_DATABASE_URL: connectionUrl('postgres://', 'postgresql://')
    .optional()
    .describe('PostgreSQL with the key vault; DATABASE_URL unless set'),
  REDIS_URL: connectionUrl('redis://', 'rediss://').describe('Redis, for rate limits over all nodes'),
  PLAN_CATALOGUE_FILE: z
    .string()
    .optional()
    .describe('JSON file with the products and their plans; `shared/catalogue/default.json` unless set'),
  EVENT_SCHEMA_LEVEL: integer(1, LATEST_SCHEMA_LEVEL)
    .default(1)
    .describe('Newest event shapes to write: raised once every reader runs a release that knows them'),
  STATE_CACHE_MB: integer(1, 65_536).default(128).describe('Memory for the folded states of users, in MiB'),
  PASSWORD_HASHES_AT_ONCE: integer(1, 64)
    .default(2)
    .describe('Passwords hashed at the same time; each takes 19 MiB and a thread'),
  PASSWORD_HASHES_WAITING: integer(0, 100_000)
    .default(200)
    .describe('Passwords that may wait to be hashed; a request beyond is answered 503'),
  SIGNUPS_PER_MINUTE: integer(1, 1_000_000).default(60).describe('Sign-ups an address may try in a minute'),
  LOGINS_PER_MINUTE: integer(1, 1_000_000)
    .default(60)
    .describe('Log-ins an address, and password changes a user, may try in a minute'),
  MAILS_PER_MINUTE: integer(1, 1_000_000)
    .default(10)
    .describe(
      'Mails that an address or a user may ask for in a minute: to set a password, to verify an email',
    ),
  WRONG_GUESSES_PER_ADDRESS: integer(1, 1_000_000)
    .default(100)
    .describe(
      'Wrong guesses by an address in an hour; passwords, codes of staff, taken emails, license keys and secrets are counted separately',
    ),
  WRONG_GUESSES_PER_ACCOUNT: integer(1, 1_000_000)
    .default(20)
    .describe(
      "Wrong guesses at one account's password or code in an hour, wherever they come from; then only addresses that its owner logged in from may try",
    ),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: "expected the issuer's URL, such as https://login.example.com" })
    .refine((url) => url.startsWith('https:') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(url), {
      error: 'expected an https URL',
    })
    .optional()
    .describe(
      'OpenID provider by which staff may log in: whoever has the verified email of a member of staff is that member. It sees to the second factor',
    ),
  OIDC_CLIENT_ID: z.string().max(256).optional().describe('What the OpenID provider knows this system as'),
  OIDC_CLIENT_SECRET: z
    .string()
    .max(1_024)
    .meta(SECRET)
    .optional()
    .describe('Its secret there. Redirect URI: PUBLIC_URL/v1/staff/oidc/callback'),
  IMPORTED_LICENSE_KEYS: flag
    .default(false)
    .describe(
      'Whether license keys that another system made are taken, whatever they look like; without it, one with a wrong character is refused before any store is asked',
    ),
  COMMANDS_PER_MINUTE: integer(1, 1_000_000)
    .default(300)
    .describe('Commands a user or a client may give in a minute'),
  OPERATOR_COMMANDS_PER_MINUTE: integer(1, 1_000_000)
    .default(6_000)
    .describe('Commands an operator or a service account (the billing system) may give in a minute'),
  APPEND_DEADLINE_MS: integer(100, 60_000)
    .default(5_000)
    .describe('After this long an append has an unknown outcome, and the stream is read'),
  READ_DEADLINE_MS: integer(100, 60_000)
    .default(5_000)
    .describe("How long reading one user's stream may take"),
  ...webhookSettings,
});

export type CommandConfig = z.infer<typeof commandSettings>;

/** @throws ConfigError */
export const readCommandConfig = (env: Record<string, string | undefined> = process.env): CommandConfig =>
  readConfig(commandSettings, env);

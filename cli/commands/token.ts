import { systemClock } from '../../shared/clock.ts';
import { hasUnseenCharacter } from '../../shared/identity/characters.ts';
import { looksLikeEmail } from '../../shared/identity/opaque.ts';
import { createTokens } from '../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../shared/tokens/file-key-ring.ts';
import { type Command, parseOptions, UsageError } from '../command-line/command.ts';
import { readTokenConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

const MAX_MINUTES = 24 * 60;
const SUBJECT = /^.{1,128}$/su;

function readArguments(args: readonly string[]) {
  const { values } = parseOptions(args, {
    options: {
      role: { type: 'string' },
      subject: { type: 'string' },
      'expires-in': { type: 'string', default: '15' },
    },
  });
  const { role, subject, 'expires-in': minutes } = values;
  if (role !== 'operator' && role !== 'analyst') throw new UsageError('--role must be operator or analyst');
  if (subject === undefined || !SUBJECT.test(subject)) {
    throw new UsageError('--subject must be a name of 1 to 128 characters');
  }
  if (hasUnseenCharacter(subject))
    throw new UsageError('--subject holds a character that nobody sees: leave it out');
  if (looksLikeEmail(subject)) {
    throw new UsageError(
      '--subject looks like an email address: it stands in the history for ever and cannot be erased, so give a name that is no address',
    );
  }
  if (!/^\d{1,4}$/.test(minutes) || Number(minutes) < 1 || Number(minutes) > MAX_MINUTES) {
    throw new UsageError(`--expires-in must be a whole number of minutes from 1 to ${MAX_MINUTES}`);
  }
  return { role, subject, lifetimeSeconds: Number(minutes) * 60 } as const;
}

/** Makes an access token for a person or a system of the company. */
export const token: Command = {
  name: 'token',
  summary: 'print an access token for an operator or an analyst',
  usage: `token --role operator|analyst --subject <name> [--expires-in <minutes>]

  --role        what its holder may do
  --subject     who holds it: stands in the history as the actor, for ever; no email address
  --expires-in  minutes from 1 to ${MAX_MINUTES}, default 15

Settings: KEYRING_FILE, TOKEN_ISSUER.`,
  async run(args, io) {
    const input = readArguments(args);
    const { KEYRING_FILE: file, TOKEN_ISSUER: issuer, NODE_ENV, LOG_LEVEL } = readTokenConfig();
    const clock = systemClock;
    const rings = await openKeyRings({
      file,
      clock,
      production: NODE_ENV === 'production',
      logger: toolLogger(LOG_LEVEL),
    });
    try {
      io.out((await createTokens({ rings, issuer, clock }).signAccessToken(input)).token);
    } finally {
      rings.close();
    }
  },
};

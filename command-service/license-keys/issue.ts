import { randomBytes } from 'node:crypto';
import { userStream } from '../../shared/events/streams.ts';
import { uuidv7 } from '../../shared/ids.ts';
import { licenseKeyForm, licenseKeyHash, licenseKeyText } from '../../shared/license-keys/text.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { Decision } from '../domain/decision.ts';
import type { LicenseKeyCommand } from '../domain/license-key.ts';
import { decide } from '../domain/user.ts';
import { withLiveToken } from '../execute/admission.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import { type OfUser, type Outcome, refused } from '../execute/requests.ts';
import { actorOf, stampCommand } from '../execute/stamps.ts';
import type { Reservations } from '../reservations/reservations.ts';

export interface IssueLicenseKeyRequest extends OfUser {
  readonly product?: string | undefined;
  /** How many different clients it may activate; no limit unless given. */
  readonly uses?: number | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  readonly note?: string | undefined;
  /** `licenseKeyHash` of a key that another system made. Without it the key is made here. */
  readonly importedHash?: string | undefined;
}

export interface IssueParts {
  readonly dependencies: Pick<ExecutorDependencies, 'vault' | 'codec' | 'clock'>;
  readonly reservations: Reservations;
  readonly executeCommand: ExecuteCommand;
}

/** The text of a key that was made here. It is kept nowhere: it follows from the id. */
export const textOfLicenseKey = async (vault: Pick<Vault, 'derive'>, keyId: string): Promise<string> =>
  licenseKeyText(await vault.derive('license_key', keyId));

/**
 * Issues a license key: its digest is reserved for user and key id, so that it can be found, then the user's stream says that
 * it is there. What the rules refuse is refused before anything is reserved.
 *
 * One that was cut off in between: of a key made here nobody has seen the text, so the next try makes another, and the
 * reservation of the first names a key that never was. An imported key is completed under the id that it was reserved for;
 * issued again it is nothing, and another user's it stays.
 */
export function createIssueLicenseKey({ dependencies, reservations, executeCommand }: IssueParts) {
  const { vault, codec, clock } = dependencies;

  return async (request: IssueLicenseKeyRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch, importedHash, product, uses, expiresAt, note } = request;
    const stamp = await stampCommand(vault, request, actorOf(caller));
    const newKeyId = uuidv7(clock(), randomBytes(10));
    const hash = importedHash ?? licenseKeyHash(licenseKeyForm(await textOfLicenseKey(vault, newKeyId)));
    const keyDigest = await vault.reservationDigest('key', hash);
    const command = (keyId: string): LicenseKeyCommand => {
      const imported = importedHash !== undefined;
      return { type: 'IssueLicenseKey', keyId, keyDigest, imported, product, uses, expiresAt, note };
    };
    return executeCommand({
      userId,
      stamp,
      ifMatch,
      admit: withLiveToken(caller, userId),
      async decide(state, context) {
        let refusal: Decision | undefined;
        const holder = await reservations.settle('key', keyDigest, stamp, async (held) => {
          if (held) return undefined;
          const decision = decide(state, command(newKeyId), context);
          if (decision.kind === 'events') {
            for (const event of decision.events) codec.check(event, userStream(userId));
            return { userId, id: newKeyId };
          }
          refusal = decision;
          return undefined;
        });
        if (refusal) return refusal;
        if (holder?.userId !== userId) return refused({ code: 'license_key_taken' });
        return decide(state, command(holder.id), context);
      },
    });
  };
}

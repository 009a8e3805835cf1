import { hasScope, type Principal } from '../../../shared/http/routes/auth.ts';
import type { LicenseKeyResource } from '../../../shared/http/routes/resources.ts';
import { showLicenseKey } from '../../../shared/license-keys/show.ts';
import type { CommandContext } from '../../context.ts';
import type { LicenseKey } from '../../domain/entities.ts';

/** The text is shown to the user whose key it is, and to staff that issue keys. */
const mayRead = (principal: Principal | undefined): boolean =>
  principal?.role === 'user' || hasScope(principal, 'keys:write');

export interface ShownKey {
  readonly userId: string;
  readonly key: LicenseKey;
  /** As of when it is shown, in milliseconds since 1970. */
  readonly at: number;
}

/** A key as its reader may see it. */
export async function showKey(
  { executor }: CommandContext,
  principal: Principal | undefined,
  { userId, key, at }: ShownKey,
): Promise<LicenseKeyResource> {
  const shown = showLicenseKey(key, userId, at);
  return mayRead(principal) ? { ...shown, license_key: await executor.licenseKeys.textOf(key) } : shown;
}

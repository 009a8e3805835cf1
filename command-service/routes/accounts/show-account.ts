import type { AccountResource } from '../../../shared/http/routes/resources.ts';
import type { CommandContext } from '../../context.ts';
import type { Done } from '../../execute/requests.ts';

/**
 * The user as the command left them; for a repeated command as they were left then.
 * @throws Error the command left another kind of resource, which only a fault here can do
 */
export async function showAccount({ executor }: CommandContext, done: Done): Promise<AccountResource> {
  const { subject, userId } = done;
  if (subject.kind !== 'profile') throw new Error(`expected a profile, got ${subject.kind}`);
  const { profile } = subject;
  const { email, name } = await executor.openProfile(userId, profile);
  return {
    user_id: userId,
    email,
    name,
    email_verified: profile.emailVerified,
    external_id: profile.externalId ?? null,
    status: profile.status,
    created_at: new Date(profile.createdAt).toISOString(),
    updated_at: new Date(profile.updatedAt).toISOString(),
  };
}

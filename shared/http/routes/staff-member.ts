import { z } from 'zod';
import { type StaffAccount, type StaffPerson, staffStatus } from '../../staff/account.ts';

const time = z.iso.datetime({ precision: 3 });

const fields = {
  staff_id: z.uuid(),
  email: z.string().nullable().meta({ description: 'Null once they are removed.' }),
  name: z
    .string()
    .nullable()
    .meta({ examples: ['Grace Hopper'] }),
};
const scopes = z.array(z.string()).meta({ examples: [['customers:read', 'subscriptions:write']] });

/** How both services show a person who is staff. */
export const memberResource = z
  .strictObject({
    ...fields,
    status: z.enum(['invited', 'active', 'removed']).meta({
      description: 'Invited until password and second factor are set.',
      examples: ['active'],
    }),
    scopes,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'StaffMember' });

export type MemberResource = z.infer<typeof memberResource>;

/** What a page has to know of whoever looks at it. */
export const meResource = z
  .strictObject({
    ...fields,
    scopes,
    csrf_token: z.string().meta({ description: 'For `X-CSRF-Token` of whatever changes something.' }),
    session_expires_at: time,
  })
  .meta({ id: 'StaffMe' });

/** @param person what is opened of them */
export const showMember = (account: StaffAccount, { email, name }: StaffPerson): MemberResource => ({
  staff_id: account.staffId,
  email,
  name,
  status: staffStatus(account),
  scopes: [...account.scopes],
  created_at: new Date(account.createdAt).toISOString(),
  updated_at: new Date(account.updatedAt).toISOString(),
});

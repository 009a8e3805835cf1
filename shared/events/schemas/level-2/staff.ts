import { z } from 'zod';
import { digest, id, instant } from './fields.ts';

const scopes = z.array(z.string().regex(/^[a-z]+:[a-z]+$/)).max(32);

export const staffEventSchemas2 = {
  StaffAdded: z.strictObject({
    staffId: id,
    name: z.string().min(1).max(128),
    kind: z.enum(['person', 'service']),
    scopes,
  }),
  StaffScopesChanged: z.strictObject({ staffId: id, scopes }),
  StaffKeyIssued: z.strictObject({
    staffId: id,
    keyId: id,
    keyDigest: digest,
    expiresAt: instant.optional(),
  }),
  StaffKeyRevoked: z.strictObject({ staffId: id, keyId: id }),
  StaffRemoved: z.strictObject({ staffId: id }),
} as const;

export const staffPersonalSchemas2 = {} as const;

import { SCOPES } from '../../tokens/scopes.ts';
import { type Grant, scopesOf } from '../routes/auth.ts';
import type { RouteSpec } from '../routes/route.ts';

type Json = Readonly<Record<string, unknown>>;

const bearer = (description: string, bearerFormat?: string) => ({
  type: 'http',
  scheme: 'bearer',
  ...(bearerFormat !== undefined && { bearerFormat }),
  description,
});

/** How callers say who they are, as the OpenAPI document names the ways. */
export const SECURITY_SCHEMES: Json = {
  userToken: bearer('The access token of a customer, from sign-up or log-in.', 'JWT'),
  staffToken: {
    type: 'oauth2',
    description:
      'The access token of a service account; one of the command-line tool (`token --role operator|analyst`) serves as well.',
    flows: { clientCredentials: { tokenUrl: '/v1/token', scopes: SCOPES } },
  },
  activationKey: bearer('The activation key of a client.', 'JWT'),
  serviceKey: {
    type: 'http',
    scheme: 'basic',
    description:
      'The id of a service account, and the secret of one of its keys; both may stand in the body instead.',
  },
  staffSession: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-staff',
    description:
      'The session of a person of the staff, from `/v1/staff/login`; over plain http on the machine itself the cookie is named `staff`.',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description:
      'With the session, where something is to be changed: the `csrf_token` of `GET /v1/staff/me`.',
  },
  licenseKey: bearer('A license key, as it is typed into the program.'),
};

const BY_GRANT = {
  user: { userToken: [] },
  client: { activationKey: [] },
  license_key: { licenseKey: [] },
} as const satisfies Record<Exclude<Grant, `${string}:${string}` | 'member'>, Json>;

const session = (changes: boolean): Json => ({ staffSession: [], ...(changes && { csrfToken: [] }) });

/** The ways into a route, any of which will do. */
export function security({ auth, method, tokenOptional, headers }: RouteSpec): Json[] {
  if (auth === 'anyone') return headers?.shape.authorization ? [{}, { serviceKey: [] }] : [];
  const kinds = Object.entries(BY_GRANT).filter(([grant]) => auth.includes(grant as Grant));
  const scopes = scopesOf(auth);
  const isForMembers = scopes.length > 0 || auth.includes('member');
  return [
    ...(tokenOptional ? [{}] : []),
    ...kinds.map(([, way]) => way),
    ...scopes.map((scope) => ({ staffToken: [scope] })),
    ...(isForMembers ? [session(method !== 'get')] : []),
  ];
}

/**
 * Every problem code of the API, and the only place where a code becomes an HTTP status. A code is stable: it may be
 * added, never renamed. `title` is the same for every occurrence (RFC 9457, 3.1.3).
 */
export const PROBLEMS = {
  // 400: the request itself
  invalid_request: { status: 400, title: 'A field of the request is not valid' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request is not well-formed HTTP' },
  one_time_token_invalid: {
    status: 400,
    code: 'token_invalid',
    title: 'The one-time token is not valid: it was used, has expired, or was overtaken; ask for another',
  },
  unsupported_grant_type: { status: 400, title: 'The grant type must be client_credentials' },
  invalid_scope: { status: 400, title: 'A scope that the service account does not have was asked for' },
  // 401 and 403: who asks
  token_required: { status: 401, title: 'A bearer token is required' },
  token_invalid: { status: 401, title: 'The bearer token is not valid' },
  token_expired: { status: 401, title: 'The bearer token has expired' },
  token_ended: { status: 401, title: 'The bearer token was ended before its time' },
  invalid_credentials: { status: 401, title: 'Email and password do not belong together' },
  license_key_unknown: { status: 401, title: 'There is no such license key' },
  invalid_client: { status: 401, title: 'There is no such service account with this secret' },
  role_not_allowed: { status: 403, title: 'This is not for callers of this kind' },
  insufficient_scope: { status: 403, title: 'The token lacks the scope that this needs' },
  wrong_code: { status: 403, title: 'The code is not the current one, or was used already' },
  csrf_token_invalid: {
    status: 403,
    title: 'X-CSRF-Token must hold the csrf_token that GET /v1/staff/me answers in this session',
  },
  https_required: { status: 403, title: 'Staff log in over https only, but on the machine itself' },
  wrong_password: { status: 403, title: 'The password is not the current one' },
  plan_not_self_service: { status: 403, title: 'Only staff may start, renew or change this' },
  license_key_revoked: { status: 403, title: 'The license key was revoked' },
  license_key_expired: { status: 403, title: 'The license key has expired' },
  // 404, 405
  not_found: { status: 404, title: 'There is no such resource' },
  route_not_found: { status: 404, title: 'There is no such route' },
  method_not_allowed: { status: 405, title: 'The route does not have this method' },
  not_acceptable: { status: 406, title: 'The route has no answer in a type that is accepted' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  // 409: a rule, or somebody else was faster
  email_required: {
    status: 409,
    title: 'The user has no email address to log in with: set one first',
  },
  staff_exists: { status: 409, title: 'The email address belongs to a member of staff already' },
  email_taken: { status: 409, title: 'The email address belongs to a user already' },
  subscription_exists: { status: 409, title: 'The user has a current subscription' },
  subscription_ended: { status: 409, title: 'The subscription is over' },
  subscription_cancelled: { status: 409, title: 'The subscription is cancelled' },
  cancelled_by_staff: { status: 409, title: 'Staff cancelled the subscription' },
  subscription_suspended: { status: 409, title: 'The subscription is suspended' },
  trial_used: { status: 409, title: 'The trial of this product was used already' },
  external_id_taken: { status: 409, title: 'The external id names something else' },
  too_many_clients: { status: 409, title: 'More clients are active than the plan has room for' },
  no_active_subscription: { status: 409, title: 'The user has no running subscription' },
  client_limit_reached: { status: 409, title: 'As many clients are active as the plan allows' },
  replacements_used_up: { status: 409, title: 'Clients were replaced as often as the plan allows' },
  client_revoked: { status: 409, title: 'The client was revoked' },
  license_key_taken: { status: 409, title: 'The license key belongs to another user' },
  license_key_used_up: { status: 409, title: 'The license key has activated as many clients as it may' },
  license_keys_limit_reached: {
    status: 409,
    title: 'The user has as many good license keys as customers may issue for themselves',
  },
  license_deactivated: { status: 409, title: 'The license is deactivated' },
  license_replaced: { status: 409, title: 'The client has a later license' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled: enable it first' },
  not_enabled_yet: {
    status: 409,
    title: 'This cannot be recorded yet: raise EVENT_SCHEMA_LEVEL once every node runs this release',
  },
  conflict: { status: 409, title: 'The user is being changed by others at the same time' },
  // preconditions
  precondition_failed: { status: 412, title: 'The user has changed since the revision in If-Match' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON in UTF-8' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another request' },
  precondition_required: { status: 428, title: 'An Idempotency-Key or an If-Match header is required' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  // faults
  internal_error: { status: 500, title: 'Something went wrong here' },
  event_store_unavailable: { status: 503, title: 'The event log cannot be reached' },
  append_outcome_unknown: { status: 503, title: 'It is not known whether the command took effect' },
  vault_unavailable: { status: 503, title: 'The key vault cannot be reached' },
  database_unavailable: { status: 503, title: 'The database cannot be reached' },
  identity_provider_unavailable: {
    status: 503,
    title: "The seller's OpenID provider cannot be reached",
  },
  signing_unavailable: { status: 503, title: 'There is no key to sign tokens with' },
  busy: { status: 503, title: 'Too much work of this kind is under way' },
  schema_too_new: { status: 503, title: 'This node is older than the data it met' },
  data_unreadable: { status: 503, title: 'Stored data cannot be read' },
  read_model_behind: { status: 503, title: 'The read model has not caught up yet' },
  read_model_parked: { status: 503, title: 'The read model of this user waits for an operator' },
  service_unavailable: { status: 503, title: 'No node can answer now' },
} as const satisfies Record<
  string,
  {
    readonly status: number;
    readonly title: string;
    /** As clients see it, where one code has a meaning of its own at another status. */
    readonly code?: string;
  }
>;

export type ProblemCode = keyof typeof PROBLEMS;

/** The code as clients see it. */
export const shownCode = (code: ProblemCode): string => {
  const problem = PROBLEMS[code];
  return 'code' in problem ? problem.code : code;
};

/** Seconds after which a 503 is worth another try. */
export const RETRY_AFTER_SECONDS = 1;

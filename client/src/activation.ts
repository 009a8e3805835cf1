import type { Answer } from './answer.ts';
import type { Problem } from './problem.ts';
import type { Commanded } from './server.ts';

export interface ActivateOptions {
  /** What people call this machine, such as "Ada's laptop": shown where a place has to be freed. */
  readonly clientName?: string;
  /** The id of an active client, whose place this one takes. */
  readonly replaces?: string;
}

/** `unreachable`: try again; a repeat takes no second place. */
interface Unreachable {
  readonly code: 'unreachable';
  readonly problem: null;
}

interface Refused {
  /** As the API guide lists them, such as `license_key_unknown` or `client_limit_reached`. */
  readonly code: string;
  readonly problem: Problem;
}

export type Activation =
  | { readonly activated: true; readonly answer: Answer }
  | ({ readonly activated: false } & (Unreachable | Refused));

export type Deactivation =
  | { readonly deactivated: true }
  | ({ readonly deactivated: false } & (Unreachable | Refused));

/** Why a command was not done. */
export const refusalOf = (commanded: Exclude<Commanded, { kind: 'done' }>): Unreachable | Refused =>
  commanded.kind === 'refused'
    ? { code: commanded.problem.code, problem: commanded.problem }
    : { code: 'unreachable', problem: null };

/** Dashes as word processors and mail programs write them. */
const DASHES = /[\u2010-\u2015\u2212]/g;

/** A license key as it was pasted, or an access token, as a header takes it; undefined if it can be neither. */
export function credentialOf(typed: string): string | undefined {
  const credential = typed.replaceAll(DASHES, '-').replaceAll(/\s+/g, ' ').trim();
  return /^[ -~]+$/.test(credential) ? credential : undefined;
}

export const NO_CREDENTIAL: Refused = {
  code: 'license_key_unknown',
  problem: {
    status: 401,
    code: 'license_key_unknown',
    title: 'There is no such license key',
    detail: 'It is empty, or has a character that no license key has: compare it once more.',
  },
};

/** The stack can't start for a reason that the user can do something about. */
export class StartRefused extends Error {
  readonly code = 'start_refused';
}

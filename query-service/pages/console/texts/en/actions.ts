/** What is said around every action. */
export const actions = {
  changedTitle: 'Somebody changed this customer meanwhile',
  changedText: 'You looked at an older state, so nothing was done. This happened since:',
  changedUnknown: 'Staff with history:read can see what it was. The page shows the current state.',
  doItNow: 'Do it all the same',
  leaveIt: 'Leave it',
  shownOnce: 'This is shown once: copy it now.',
  you: 'you',
  actor: {
    user: 'the customer',
    client: 'the program',
    license_key: 'a license key',
    staff: 'staff',
    operator: 'the tool',
    analyst: 'the tool',
    system: 'the system',
    anonymous: 'the customer',
  } as Readonly<Record<string, string>>,
  problems: {
    precondition_failed: 'Somebody changed this meanwhile.',
    insufficient_scope: 'Your account may not do this.',
    conflict: 'Two changes met, and nothing was done. Try again.',
  } as Readonly<Record<string, string>>,
};

/** Settings of the services under which no limit of requests or guesses is what a run is about. */
export const WITHOUT_LIMITS = Object.fromEntries(
  [
    ...['SIGNUPS', 'MAILS', 'LOGINS', 'QUERIES', 'COMMANDS', 'OPERATOR_COMMANDS', 'ANONYMOUS'].map(
      (name) => `${name}_PER_MINUTE`,
    ),
    ...['WRONG_GUESSES_PER_ADDRESS', 'WRONG_GUESSES_PER_ACCOUNT'],
  ].map((name) => [name, '1000000']),
);

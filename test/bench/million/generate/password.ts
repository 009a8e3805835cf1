/** Everybody's, in this history. */
export const PASSWORD = 'a password for a million';

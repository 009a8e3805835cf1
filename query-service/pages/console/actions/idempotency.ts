/**
 * Gives a command its `Idempotency-Key`: the same for every attempt at the same body, so that it is done once at most however
 * often it is sent, and another one once something else was typed, which is another command.
 */
export function idempotencyKeys(
  random: () => string = () => crypto.randomUUID(),
): (command: unknown) => string {
  let last: { readonly command: string; readonly key: string } | undefined;
  return (command) => {
    const text = JSON.stringify(command);
    if (last?.command !== text) last = { command: text, key: random() };
    return last.key;
  };
}

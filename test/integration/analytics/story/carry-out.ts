import type { Caller, Done, Outcome } from '../../../../command-service/execute/requests.ts';
import { done, type Node, OPERATOR } from '../../command-service/nodes.ts';
import { commandOf, type Known } from './commands.ts';
import type { Line } from './read.ts';

interface Person extends Known {
  readonly userId: string;
  /** For what they do themselves. */
  readonly caller: Caller;
  subscriptionId: string;
  readonly licenses: Map<string, string>;
  licenseKey: { readonly keyId: string; readonly product: string } | undefined;
}

const ASKED = { correlationId: 'story' };

const personOf = ({ userId, tokenRevision }: Done): Person => ({
  userId,
  caller:
    tokenRevision === undefined
      ? OPERATOR
      : { role: 'user', userId, token: { tokenId: 'story', rev: tokenRevision } },
  subscriptionId: '',
  licenses: new Map(),
  licenseKey: undefined,
});

/** Whoever comes: by themselves, or added by staff. undefined: the line is about somebody who is there. */
async function newcomer(node: Node, { who, what }: Line): Promise<Outcome | undefined> {
  if (what === 'signs up')
    return node.signUp({ ...ASKED, email: `${who}@example.com`, password: `${who}'s long password` });
  const externalId = /^is added as (\S+)$/.exec(what)?.[1];
  return externalId === undefined ? undefined : node.addUser({ ...ASKED, caller: OPERATOR, externalId });
}

function ask(node: Node, person: Person, { at, what }: Line): Promise<Outcome> {
  const { userId, licenseKey } = person;
  if (what === 'is erased') return node.erase({ ...ASKED, userId, caller: OPERATOR });
  const product = /^is given a license key for (\S+)$/.exec(what)?.[1];
  if (product) return node.licenseKeys.issue({ ...ASKED, userId, caller: OPERATOR, product });
  const asked = commandOf(what, at, person);
  if (!asked) throw new Error(`the story has a sentence that nobody understands: ${what}`);
  const { by, command } = asked;
  const own: Caller = licenseKey ? { role: 'license_key', userId, keyId: licenseKey.keyId } : person.caller;
  return node.execute({ ...ASKED, userId, caller: by === 'staff' ? OPERATOR : own, command });
}

function remember(person: Person, { subject }: Done): void {
  if (subject.kind === 'subscription') person.subscriptionId = subject.subscription.subscriptionId;
  if (subject.kind === 'license') person.licenses.set(subject.license.clientId, subject.license.licenseId);
  if (subject.kind === 'license_key') {
    const { keyId, product } = subject.key;
    person.licenseKey = { keyId, product };
  }
}

/**
 * Carries the story out, each line at its time and by the rules of the write side.
 * @returns names by user id
 * @throws Error a line is refused: by whom, and why
 */
export async function carryOut(story: readonly Line[], node: Node): Promise<Map<string, string>> {
  const people = new Map<string, Person>();
  for (const line of story) {
    const { at, who, what } = line;
    node.now = () => at;
    const came = await newcomer(node, line);
    if (came) {
      people.set(who, personOf(done(came)));
      continue;
    }
    const person = people.get(who);
    if (!person) throw new Error(`${who} ${what} before they are a customer`);
    const outcome = await ask(node, person, line);
    if (outcome.kind === 'rejected') throw new Error(`${who} ${what}: ${outcome.rejection.code}`);
    if (!outcome.changed) throw new Error(`${who} ${what}: nothing changed`);
    remember(person, outcome);
  }
  return new Map([...people].map(([name, { userId }]) => [userId, name]));
}

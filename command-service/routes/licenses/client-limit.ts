import type { Shown } from '../../../shared/http/routes/resources.ts';
import type { CommandContext } from '../../context.ts';
import type { ActiveClient } from '../../domain/decision.ts';
import type { Outcome } from '../../execute/requests.ts';

/** How many clients a refusal names. */
const SHOWN = 20;

/**
 * A refusal for want of a place, with the names and days of the clients that have one: longest unseen first, at most 20. The
 * state that was decided on says who they are; the read model may be behind it, and where it can't be asked they go in the order
 * of their activation.
 * @param personal whether the reader may see names
 */
export async function namingClients(
  { clientFacts }: Pick<CommandContext, 'clientFacts'>,
  userId: string,
  outcome: Outcome,
  { personal }: Shown,
): Promise<Outcome> {
  if (outcome.kind !== 'rejected' || outcome.rejection.code !== 'client_limit_reached') return outcome;
  const { rejection } = outcome;
  const left = new Map(
    [...rejection.activeClients]
      .sort((a, b) => a.activatedAt - b.activatedAt)
      .map((client) => [client.licenseId, client]),
  );
  const [first] = left.values();
  // Twice as many: some may have been given up since.
  const known = first ? await clientFacts.longestUnseen(userId, first.product, 2 * SHOWN) : [];
  const activeClients: ActiveClient[] = [];
  for (const { licenseId, clientName, lastSeenOn } of known) {
    const client = left.get(licenseId);
    if (!client || !left.delete(licenseId)) continue;
    activeClients.push({ ...client, lastSeenOn, clientName: personal ? clientName : null });
  }
  activeClients.push(...left.values());
  return { kind: 'rejected', rejection: { ...rejection, activeClients: activeClients.slice(0, SHOWN) } };
}

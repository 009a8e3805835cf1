import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

/** The id in lower case, whichever form it came in; undefined if it is missing, malformed or all zero. */
export function parseUuid(uuid: UUID | undefined): string | undefined {
  const text = uuid?.hasStructured() ? fromHalves(uuid) : uuid?.getString().toLowerCase();
  return text !== undefined && FORM.test(text) && text !== NIL ? text : undefined;
}

/** The `UUID` message in its structured form: two signed 64-bit halves. */
export function structuredUuid(id: string): UUID {
  const hex = id.replaceAll('-', '');
  const half = (from: number) => BigInt.asIntN(64, BigInt(`0x${hex.slice(from, from + 16)}`)).toString();
  const structured = new shared.UUID.Structured();
  structured.setMostSignificantBits(half(0));
  structured.setLeastSignificantBits(half(16));
  return new shared.UUID().setStructured(structured);
}

function fromHalves(uuid: UUID): string {
  const structured = uuid.getStructured();
  const half = (bits: string | undefined) =>
    BigInt.asUintN(64, BigInt(bits ?? '0'))
      .toString(16)
      .padStart(16, '0');
  const hex = half(structured?.getMostSignificantBits()) + half(structured?.getLeastSignificantBits());
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

import type { License } from '../entities.ts';

/**
 * Licenses whose clients have later ones. All are deactivated, and what a customer or staff may do to one is to ask for it.
 * Build servers that activate for each build leave hundreds of thousands of them. In typed arrays one takes about 80 bytes,
 * and a snapshot copies them; as an object it took 500, and a snapshot made each again.
 */
export interface EarlierLicenses {
  size: number;
  /** 16 bytes each. */
  ids: Uint8Array;
  /** When each was activated, and updated. */
  times: Float64Array;
  /** Commit and prepare of the event that activated it. */
  positions: BigInt64Array;
  /** Client, product, subscription and license key, as their numbers in `texts`. */
  facts: Uint32Array;
  /** A hash table of the ids with open addressing: one more than the index, or 0. Twice as many as there is room for. */
  slots: Uint32Array;
  /** The first is empty: activated without a license key. */
  readonly texts: string[];
  readonly numbers: Map<string, number>;
}

const FIRST_ROOM = 8;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const withRoom = (room: number) => ({
  ids: new Uint8Array(room * 16),
  times: new Float64Array(room * 2),
  positions: new BigInt64Array(room * 2),
  facts: new Uint32Array(room * 4),
  slots: new Uint32Array(room * 2),
});

export const noEarlierLicenses = (): EarlierLicenses => ({
  size: 0,
  ...withRoom(FIRST_ROOM),
  texts: [''],
  numbers: new Map([['', 0]]),
});

/** Adds one that is not among them. False, and nothing done, if its id is no UUID as this system makes them. */
export function addEarlier(earlier: EarlierLicenses, license: License): boolean {
  if (!UUID.test(license.licenseId)) return false;
  if (earlier.size * 16 === earlier.ids.length) grow(earlier);
  const { size, ids, times, positions, facts } = earlier;
  ids.set(bytesOf(license.licenseId), size * 16);
  times.set([license.activatedAt, license.updatedAt], size * 2);
  positions.set([license.activatedPosition.commit, license.activatedPosition.prepare], size * 2);
  const texts = [license.clientId, license.product, license.subscriptionId, license.keyId ?? ''];
  facts.set(
    texts.map((text) => numberOf(earlier, text)),
    size * 4,
  );
  earlier.size += 1;
  fillSlot(earlier, size);
  return true;
}

/** Undefined for one that is not among them. */
export function findEarlier(earlier: EarlierLicenses, licenseId: string): License | undefined {
  if (!UUID.test(licenseId)) return undefined;
  const id = bytesOf(licenseId);
  const { slots, ids } = earlier;
  for (let slot = firstSlot(id, 0, slots.length); ; slot = (slot + 1) % slots.length) {
    const index = (slots[slot] as number) - 1;
    if (index < 0) return undefined;
    if (id.equals(ids.subarray(index * 16, index * 16 + 16))) return earlierAt(earlier, index);
  }
}

/** The one that was added as the index says, from 0. */
export function earlierAt({ ids, times, positions, facts, texts }: EarlierLicenses, index: number): License {
  const text = (n: number) => texts[facts[index * 4 + n] as number] as string;
  const keyId = text(3);
  return {
    licenseId: uuidOf(ids.subarray(index * 16, index * 16 + 16)),
    clientId: text(0),
    product: text(1),
    subscriptionId: text(2),
    ...(keyId === '' ? {} : { keyId }),
    status: 'deactivated',
    activatedAt: times[index * 2] as number,
    activatedPosition: {
      commit: positions[index * 2] as bigint,
      prepare: positions[index * 2 + 1] as bigint,
    },
    updatedAt: times[index * 2 + 1] as number,
  };
}

function grow(earlier: EarlierLicenses): void {
  const { ids, times, positions, facts } = earlier;
  const larger = withRoom((ids.length / 16) * 2);
  larger.ids.set(ids);
  larger.times.set(times);
  larger.positions.set(positions);
  larger.facts.set(facts);
  Object.assign(earlier, larger);
  for (let index = 0; index < earlier.size; index += 1) fillSlot(earlier, index);
}

function fillSlot({ ids, slots }: EarlierLicenses, index: number): void {
  let slot = firstSlot(ids, index * 16, slots.length);
  while (slots[slot] !== 0) slot = (slot + 1) % slots.length;
  slots[slot] = index + 1;
}

/** By the last four bytes, which are random in every version of UUID that is. */
const firstSlot = (ids: Uint8Array, at: number, slots: number): number =>
  new DataView(ids.buffer, ids.byteOffset + at + 12, 4).getUint32(0) % slots;

function numberOf({ texts, numbers }: EarlierLicenses, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, texts.length);
  return texts.push(text) - 1;
}

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

import type { EventVersion, VersionStep } from './version.ts';

type Json = Readonly<Record<string, unknown>>;
/** Which part of an event a walk is about: the payload, or `personal` unencrypted. */
export type Part = 'data' | 'personal';

const step = (version: EventVersion, part: Part): VersionStep | undefined => version.fromPrevious?.[part];

/** Brings a part of `version` (from 1) to the latest one. A version without a step changed nothing. */
export function upcast(versions: readonly EventVersion[], part: Part, version: number, value: Json): Json {
  return versions.slice(version).reduce((older, next) => step(next, part)?.up(older) ?? older, value);
}

/**
 * Brings a part at the latest version back to `version`, for readers that know no later one.
 * @returns undefined where that version can't say it
 */
export function downcast(
  versions: readonly EventVersion[],
  part: Part,
  version: number,
  value: Json,
): Json | undefined {
  return versions
    .slice(version)
    .reduceRight<Json | undefined>(
      (newer, later) => newer && (step(later, part)?.down ?? ((same) => same))(newer),
      value,
    );
}

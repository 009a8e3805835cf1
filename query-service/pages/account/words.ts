import { formatUtcDay } from '../parts/texts/format.ts';
import { language } from '../parts/texts/language.ts';
import { texts } from './texts/texts.ts';

/** A name of the catalogue as a customer reads it: `pro-annual` is Pro annual. */
export const nameOf = (name: string): string =>
  name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, ' ');

/** An entitlement as a customer reads it. One of three letters is most likely an abbreviation: `api` is API. */
export const featureName = (name: string): string => (name.length <= 3 ? name.toUpperCase() : nameOf(name));

export interface Named {
  readonly client_id: string | null;
  readonly client_name?: string | null | undefined;
}

/** What a machine is called here. */
export const machineName = ({ client_name: name }: Named): string => name || texts.machines.unnamed;

const DAY_MS = 86_400_000;
const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });

/** A day of UTC: `today`, `3 days ago`, and its date after a month. @param now in milliseconds since 1970 */
export function seenText(day: string | null, now: number): string {
  if (day === null) return formatUtcDay(null);
  const days = Math.floor(now / DAY_MS) - Math.floor(Date.parse(day) / DAY_MS);
  if (days > 30) return formatUtcDay(day);
  const text = relative.format(-Math.max(days, 0), 'day');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

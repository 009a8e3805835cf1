/**
 * Characters that nobody sees, or that may come to mean something else: Unicode's Default_Ignorable_Code_Point (zero-width
 * joiners, soft hyphens, U+FEFF …), controls, halves of surrogate pairs, unassigned code points, and separators of lines.
 */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/u;

/** Whether a text holds a character by which two texts that look alike could differ. */
export const hasUnseenCharacter = (text: string): boolean => UNSEEN.test(text);

import { type ConsoleTexts, en } from '../en/texts.ts';

export const de: ConsoleTexts = en;

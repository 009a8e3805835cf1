/** Light, dark, or whatever the system says. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'theme';

/** What was chosen in this browser. */
export const chosenTheme = (): Theme =>
  THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
}

/** The style sheets have both looks; `color-scheme` of the document chooses. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = chosenTheme();
}

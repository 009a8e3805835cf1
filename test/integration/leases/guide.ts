import { readFileSync } from 'node:fs';

const GUIDE = new URL('../../../docs/api.md', import.meta.url);

/** The program in the API guide's part on leases that is written in this language. @throws Error there is none */
export function programOf(language: string): string {
  const [, leases = ''] = readFileSync(GUIDE, 'utf8').split('### Verify a lease');
  const program = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(leases)?.[1];
  if (program === undefined)
    throw new Error(`docs/api.md has no program in ${language} that verifies a lease`);
  return program;
}

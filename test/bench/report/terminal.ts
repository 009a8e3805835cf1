import { figure, type Row } from './row.ts';
import { cpuText, figureText } from './words.ts';

/** A row as it is printed: two or three lines. */
export function terminal({ what, figure: ours, beside, ratio, target, cpu }: Row): string {
  const compared = [
    beside && `${beside.what} ${figureText(beside.figure)}`,
    ratio && `ratio ${figureText(figure(ratio, ''))}`,
    target && `target ${target.text}: ${target.met ? 'met' : 'missed'}`,
  ].filter((part) => part !== undefined);
  return [
    `  ${what}: ${figureText(ours)}`,
    ...(compared.length > 0 ? [`      ${compared.join('; ')}`] : []),
    ...(cpu ? [`      CPU time of one: ${cpuText(cpu)}`] : []),
  ].join('\n');
}

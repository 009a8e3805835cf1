/** Reads RFC 4180 strictly, written from its grammar: quoted or bare fields, records ended by CRLF. @throws Error */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
  for (let at = 0; at < text.length; ) {
    field.lastIndex = at;
    const match = field.exec(text);
    record.push(match?.[1] === undefined ? (match?.[2] ?? '') : match[1].replaceAll('""', '"'));
    at = field.lastIndex;
    if (text.startsWith('\r\n', at)) {
      records.push(record);
      record = [];
      at += 2;
    } else if (text[at] === ',') at += 1;
    else
      throw new Error(
        `neither a comma nor a line's end at ${at}: ${JSON.stringify(text.slice(at, at + 20))}`,
      );
  }
  if (record.length > 0) throw new Error('the last record is not ended');
  return records;
}

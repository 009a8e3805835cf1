/** An export that can't be made as things are; the message says what to do. */
export class ExportRefused extends Error {
  readonly code: 'export_exists' | 'export_overtaken' | 'topic_compacted';
  constructor(code: ExportRefused['code'], message: string) {
    super(message);
    this.name = 'ExportRefused';
    this.code = code;
  }
}

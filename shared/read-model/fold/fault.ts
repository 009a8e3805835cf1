/** An event can't be applied to the rows as they are: the projector parks it. */
export class ProjectionFault extends Error {
  readonly code = 'projection_fault';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProjectionFault';
  }
}

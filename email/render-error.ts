/** This recipient's data cannot fill the template. Names the variable, never a value. */
export class RenderError extends Error {
  /** Such as `contact.firstName`; absent where no single variable is at fault. */
  readonly variable: string | undefined;

  constructor(message: string, variable?: string) {
    super(message);
    this.name = 'RenderError';
    this.variable = variable;
  }
}

/** `instanceof` fails across realms (jest, bundles); the name decides. */
export function isRenderError(error: unknown): error is RenderError {
  return error instanceof Error && error.name === 'RenderError';
}

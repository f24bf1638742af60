/** What a node refuses, and what a client cannot do. */
import { CodedError } from '../base/errors.ts'

/**
 * `code` is that of the node (`tx/cannot-pay`, `node/no-query`), or one of the client: `client/unreachable`,
 * `client/bad-answer`, `client/bad-key`.
 */
export class NodeError extends CodedError {
  /** The status of the HTTP response; null when there was none. */
  readonly status: number | null

  constructor(
    code: string,
    message: string,
    status: number | null,
    detail: Readonly<Record<string, unknown>> = {},
  ) {
    super(code, message, detail)
    this.name = 'NodeError'
    this.status = status
  }
}

/** Whether the same request may succeed later: the node is not there, is too busy or stops. */
export const isPassing = (error: unknown): boolean =>
  error instanceof NodeError &&
  (error.code === 'client/unreachable' || error.status === 429 || (error.status ?? 0) >= 500)

/** What speaks against a plan: one kind for each way in which it can be found. */

/** One thing that speaks against the plan. */
export interface Finding {
  readonly code:
    | 'conditions'
    | 'check-upgrade'
    | 'check-kernel'
    | 'check-worker'
    | 'replay-differs'
    | 'step-failed'
    | 'not-complete'
    | 'not-idempotent'
    | 'audit'
    | 'record-unreadable'
    | 'invariant'
    | 'interrupted-differs'
    | 'answers-differ'
    | 'fast-forward-failed'
  readonly subject: string
  readonly message: string
}

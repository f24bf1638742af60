/** A question that has no answer: malformed, or about something that is not there. */
export class QueryRefusal extends Error {
  readonly kind: 'malformed' | 'not-found'

  constructor(kind: QueryRefusal['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export const refuseQuery = (wanted: string): never => {
  throw new QueryRefusal('malformed', `the query needs ${wanted}`)
}

export const notFound = (what: string): never => {
  throw new QueryRefusal('not-found', what)
}

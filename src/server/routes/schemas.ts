/** Schemas that several routes share: the views of `protocol/node/views.ts` as JSON. */
import { Type } from 'typebox'
import { resultCodes, type ResultCode } from '../../protocol/node/resultCodes.ts'
import { maxWaitSeconds } from '../limits.ts'

const closed = { additionalProperties: false } as const

export const TransactionHash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 of a transaction, in hexadecimal digits.',
})

export const Height = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'A height.' })

export const Time = Type.Integer({ description: 'Milliseconds since 1970.' })

export const Json = Type.Unknown({ description: 'Any JSON.' })

export const CodeOfResult = Type.Unsafe<ResultCode>({
  type: 'string',
  enum: Object.keys(resultCodes),
  description: 'The code of a result; `ok`: it was executed.',
})

export const Result = Type.Object(
  {
    hash: TransactionHash,
    code: CodeOfResult,
    number: Type.Integer({ description: 'The number of the code.' }),
    gas: Type.Integer({ description: 'What it cost, in units.' }),
    data: Json,
    log: Type.String({ description: 'For people.' }),
  },
  closed,
)

export const Included = Type.Object(
  { kind: Type.Literal('included'), height: Height, place: Type.Integer({ minimum: 0 }), result: Result },
  closed,
)

export const NotIncluded = Type.Object({ kind: Type.Literal('not-included'), height: Height }, closed)

export const Check = Type.Object(
  {
    code: CodeOfResult,
    number: Type.Integer(),
    log: Type.String(),
    hash: TransactionHash,
    priority: Type.Union([Type.Literal('vote'), Type.Literal('ordinary')]),
  },
  closed,
)

/** A transaction as clients send it. */
export const Encoded = Type.Object(
  {
    transaction: Type.String({
      pattern: '^[A-Za-z0-9+/]*={0,2}$',
      description: 'The bytes of the transaction in Base64, with padding.',
    }),
  },
  closed,
)

/** How long to wait for a block. */
export const Waiting = Type.Object(
  {
    wait: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: maxWaitSeconds,
        description: 'Seconds to wait until the transaction is in a block.',
      }),
    ),
    expires: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The height from which on the transaction can no longer be included.',
      }),
    ),
  },
  closed,
)

export const ErrorAnswer = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.String({ description: 'A stable code, as in the list of error codes.' }),
        message: Type.String({ description: 'For people.' }),
        detail: Type.Optional(Type.Record(Type.String(), Json)),
      },
      closed,
    ),
  },
  closed,
)

/** The explanations of all codes; the compiler reports a code that has none, and one that does not exist. */
import type { RejectionCode, ReplayRefusal, StartRefusal } from '../../src/protocol/results.ts'
import type { Code } from '../../src/protocol/codes.ts'
import type { UpgradeWarning } from '../../src/protocol/reports/upgradeCheck.ts'
import { codeCodes } from './explained/code.ts'
import { hostCodes } from './explained/host.ts'
import { httpCodes, nodeCodes } from './explained/node.ts'
import { rejectionCodes } from './explained/rejections.ts'
import { startCodes } from './explained/starts.ts'
import { storeCodes } from './explained/store.ts'
import { vatCodes } from './explained/vats.ts'
import { warnings } from './explained/warnings.ts'
import type { Explanation } from './explanation.ts'

type Explained<Key extends string> = Readonly<Record<Key, Explanation>>

export type StartCode = StartRefusal['code'] | ReplayRefusal['code']
export type WarningCode = UpgradeWarning['code']

/** Fails to compile when the two lists of keys differ. */
const exactly =
  <Key extends string>() =>
  <Given extends Explained<Key>>(
    given: Given & Readonly<Record<Exclude<keyof Given, Key>, never>>,
  ): Explained<Key> =>
    given

export const codeExplanations = exactly<Code>()({
  ...storeCodes,
  ...codeCodes,
  ...vatCodes,
  ...hostCodes,
  ...nodeCodes,
  ...httpCodes,
})
export const rejectionExplanations = exactly<RejectionCode>()(rejectionCodes)
export const startExplanations = exactly<StartCode>()(startCodes)
export const warningExplanations = exactly<WarningCode>()(warnings)

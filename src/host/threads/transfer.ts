/**
 * Exports, imports and surveys stores, each in a separate thread, so that neither the host's thread nor a
 * machine thread that has the store open waits for it.
 */
import { Worker } from 'node:worker_threads'
import { threadUrl } from './threadUrl.ts'
import { assert, CodedError } from '../../base/errors.ts'
import { refuse } from '../../protocol/codes.ts'
import { exportModes, type ExportManifest, type ExportMode } from '../../protocol/store/export.ts'
import type { ExportProgress, ImportProgress } from '../../store/store.ts'
import { calledFrom, callSite } from '../../api/callSites.ts'
import { checkOneOf, checkText } from '../../api/checks.ts'
import { checkOptions } from '../../api/optionNames.ts'
import { coded } from '../../machine/threads/refusal.ts'
import { kernelBytes, ownCode } from '../../release/release.ts'
import { checkTrust } from '../../machine/opening/trust.ts'
import type { TransferMessage, TransferOrder, TransferResults } from '../../machine/threads/transferThread.ts'

/** Options of an export. */
export interface ExportOptions {
  /** Which parts are omitted; none with `archival`. */
  readonly mode: ExportMode
  /** Called after each artifact. */
  readonly onProgress?: (progress: ExportProgress) => void
}

/** Options of an import. */
export interface ImportOptions {
  /** The expected root hash of the export. */
  readonly rootHash?: string
  /** As for `openController`: by itself, the new store trusts only the releases. */
  readonly trust?: readonly string[]
  /** Called after each artifact. The whole is checked after the last one. */
  readonly onProgress?: (progress: ImportProgress) => void
}

/** The exported or imported block. */
export interface TransferReport extends Omit<ExportManifest, 'artifacts' | 'format'> {
  readonly artifacts: number
  readonly bytes: number
}

/**
 * Exports the last block of the store in `directory` to `to`, an empty or missing directory. The store may be
 * open and running meanwhile.
 */
export async function exportStore(
  directory: string,
  to: string,
  options: ExportOptions,
): Promise<TransferReport> {
  const { mode, onProgress } = checkOptions(options, { mode: true, onProgress: true })
  const order = {
    kind: 'export',
    from: checkText(directory, 'directory'),
    to: checkText(to, 'to'),
    mode: checkOneOf(mode, 'mode', exportModes),
  } as const
  return coded(inThread(order, checkListener(onProgress)).then(reportOf))
}

/**
 * Creates the store of an export in `directory`, which must not have one, after checking all of it: hashes,
 * code, and the store's audit.
 */
export async function importStore(
  from: string,
  directory: string,
  options: ImportOptions = {},
): Promise<TransferReport> {
  const {
    rootHash,
    trust = [],
    onProgress,
  } = checkOptions(options, { rootHash: true, trust: true, onProgress: true })
  const expected = rootHash === undefined ? {} : { rootHash: checkText(rootHash, 'rootHash') }
  const listener = checkListener(onProgress)
  const where = {
    kind: 'import',
    from: checkText(from, 'from'),
    to: checkText(directory, 'directory'),
    ...expected,
  } as const
  const given = checkTrust(trust)
  const requirements = { trust: [...given, ...(await ownCode())], auditor: await kernelBytes() }
  return coded(inThread({ ...where, requirements }, listener).then(reportOf))
}

type OnProgress<Progress> = (progress: Progress) => void

function checkListener<Progress>(listener: OnProgress<Progress> | undefined): OnProgress<Progress> {
  if (listener === undefined) return () => {}
  return typeof listener === 'function'
    ? listener
    : refuse('api/bad-argument', 'onProgress must be a function', { argument: 'onProgress' })
}

/** Carries out an order in a separate thread. */
export async function inThread<Kind extends TransferOrder['kind'], Progress>(
  order: Extract<TransferOrder, { kind: Kind }>,
  onProgress: OnProgress<Progress> = () => {},
): Promise<TransferResults[Kind]> {
  const site = callSite(inThread)
  const thread = new Worker(threadUrl(import.meta.url, '../../machine/threads/transferThread'), {
    workerData: order,
    name: `heirloom ${order.kind}`,
  })
  return new Promise((resolve, reject) => {
    let isDone = false
    const end = (settle: () => void): void => {
      assert(!isDone, 'a thread reports its result once')
      isDone = true
      // The thread has released the store only once it has exited.
      thread.removeAllListeners('exit').once('exit', settle)
    }
    thread.once('error', reject)
    thread.once('exit', (code) =>
      reject(
        calledFrom(
          new CodedError('machine/gone', `the thread of the ${order.kind} exited with code ${code}`),
          site,
        ),
      ),
    )
    thread.on('message', (message: TransferMessage<Progress, TransferResults[Kind]>) => {
      assert(message.kind !== 'progress' || !isDone, 'no progress follows the result')
      if (message.kind === 'progress') onProgress(message.progress)
      else if (message.kind === 'done') end(() => resolve(message.result))
      else
        end(() =>
          reject(
            calledFrom(
              new CodedError(message.refusal.code, message.refusal.message, message.refusal.detail),
              site,
            ),
          ),
        )
    })
  })
}

const reportOf = ({ mode, height, activityHash, rootHash, artifacts }: ExportManifest): TransferReport => ({
  mode,
  height,
  activityHash,
  rootHash,
  artifacts: artifacts.length,
  bytes: artifacts.reduce((sum, { bytes }) => sum + bytes, 0),
})

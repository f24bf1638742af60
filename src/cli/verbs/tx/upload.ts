/** `heirloom tx upload`: bundles a file, uploads it in chunks, and waits until it is installed. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { addressOf } from '../../../client/index.ts'
import { bundleKernel, bundleVat } from '../../../host/index.ts'
import { uploadKinds, type UploadKind } from '../../../protocol/node/fields.ts'
import type { AccountMessage } from '../../../protocol/node/transaction.ts'
import { refuse } from '../../../protocol/codes.ts'
import { warningText } from '../../output/bundleWarning.ts'
import { outcomeReport } from '../../output/node/outcome.ts'
import { Progress } from '../../output/progress.ts'
import { formatCount, pluralize } from '../../output/text/counts.ts'
import type { Report } from '../../output/report.ts'
import { sendingOf, submit, withinTime, type Sending } from '../../session/node/sending.ts'
import { sendingOptions } from '../../session/node/nodeOptions.ts'
import type { Verb } from '../../session/verb.ts'

/** Bytes of a chunk: 400,000 characters in Base64, so that its transaction is below 1,000,000 bytes. */
const chunkBytes = 300_000

export const txUpload: Verb = {
  name: 'tx upload',
  summary: 'bundles a file, uploads it to a node, and waits until it is installed',
  details: [
    'A source of a vat is bundled with all its imports, as by `heirloom install`; a .json file is a bundle of',
    '@endo/bundle-source; with --for kernel, the file is the entry of the sources of a kernel. What was uploaded is',
    'installed and runs nowhere until a vote uses it, by its id or its label. After an interruption, the same command',
    'goes on where it stopped.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'the source, or a bundle' }],
  rest: 'none',
  options: {
    for: { kind: 'text', placeholder: 'KIND', values: uploadKinds, description: `${uploadKinds.join(', ')} (default: by the file)` },
    label: { kind: 'text', placeholder: 'NAME', description: 'the label of the bundle (default: the name of the file)' },
    ...sendingOptions,
  },
  common: 'client',
  examples: ['heirloom tx upload counter.ts --label counter --key operator'],
  async run(args, io) {
    const file = args.operand('file')
    const kind = args.choice('for', uploadKinds) ?? (extname(file) === '.json' ? 'endo' : 'vat')
    const { bytes, warnings } = await bytesOf(file, kind)
    const label = args.text('label') ?? basename(file, extname(file))
    const upload = { bytes, kind, label, warnings, sha256: hash('sha256', bytes) }
    const sending = await sendingOf(args, io)
    return withinTime(
      sending.signal,
      uploadAll(sending, upload, new Progress(io)),
      'client/timeout',
      `the code ${upload.sha256} is not installed yet; the same command goes on`,
    )
  },
}

interface Upload {
  readonly bytes: Uint8Array
  readonly kind: UploadKind
  readonly label: string
  readonly warnings: readonly string[]
  readonly sha256: string
}

/** Goes on where an upload of the same account has stopped. */
async function uploadAll(sending: Sending, upload: Upload, progress: Progress): Promise<Report> {
  const { client, signal } = sending
  const { height } = await client.status({ signal })
  const messages = messagesOf(upload, await begunUpload(sending, upload))
  for (const [index, message] of messages.entries()) {
    progress.show(`${formatCount(index)} of ${pluralize(messages.length, 'transaction')}`)
    const outcome = await submit(sending, message)
    if (outcome.kind === 'included' && outcome.result.code === 'ok') continue
    progress.end()
    return outcomeReport(outcome)
  }
  progress.end()
  return installed(sending, upload, height)
}

/** What has arrived of an upload: the chunks, and their bytes. */
type Begun = { readonly chunks: number; readonly arrived: number }

async function begunUpload(
  { client, key, options, signal }: Sending,
  { sha256 }: Upload,
): Promise<Begun | undefined> {
  const { value } = await client.query('kernel/uploads', { signal })
  const uploads = value as readonly (Begun & { readonly hash: string; readonly by: string })[]
  return uploads.find(({ hash: of, by }) => of === sha256 && by === (options.sender ?? addressOf(key)))
}

async function bytesOf(
  file: string,
  kind: UploadKind,
): Promise<{ readonly bytes: Uint8Array; readonly warnings: readonly string[] }> {
  if (kind === 'vat') {
    const { bytes, warnings } = await bundleVat(file)
    return { bytes, warnings: warnings.map(warningText) }
  }
  if (kind === 'kernel') return { bytes: (await bundleKernel(file)).bytes, warnings: [] }
  try {
    return { bytes: readFileSync(file), warnings: [] }
  } catch (error) {
    return refuse('bundle/entry-not-found', `${file} cannot be read: ${(error as Error).message}`, { file })
  }
}

function messagesOf(
  { bytes, kind, label, sha256 }: Upload,
  begun: Begun | undefined,
): readonly AccountMessage[] {
  const what = { hash: sha256, for: kind, bytes: bytes.length, label } as const
  const chunks: AccountMessage[] = []
  const { chunks: before, arrived } = begun ?? { chunks: 0, arrived: 0 }
  for (let at = arrived; at < bytes.length; at += chunkBytes)
    chunks.push({
      kind: 'kernel/upload-chunk',
      hash: sha256,
      index: before + chunks.length,
      data: Buffer.from(bytes.subarray(at, at + chunkBytes)).toString('base64'),
    })
  return begun === undefined ? [{ kind: 'kernel/begin-upload', ...what }, ...chunks] : chunks
}

/** The event of the installation says what became of it. */
async function installed({ client, signal }: Sending, upload: Upload, after: number): Promise<Report> {
  const { sha256, bytes, label, warnings } = upload
  for await (const { data, height } of client.events({ after, kinds: ['operation'], signal })) {
    if (data['upload'] !== sha256) continue
    const { code = null, data: made = null } = data
    const json = { hash: sha256, height, bytes: bytes.length, label, warnings, code, bundle: made }
    if (typeof code === 'string')
      return { kind: 'rejected', json, text: `${code}: the code was uploaded and could not be installed` }
    const { id } = made as { readonly id: string }
    const text = `${label} is ${id} (${formatCount(bytes.length)} bytes), installed in block ${formatCount(height)}`
    return { kind: 'done', json, text: [text, ...warnings].join('\n') }
  }
  return refuse('client/timeout', `the code ${sha256} is not installed yet`)
}

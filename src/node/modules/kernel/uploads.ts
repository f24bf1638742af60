/**
 * Code that is uploaded in chunks, in the order of their numbers, by the account that began. What is not
 * complete in time is forgotten.
 *
 * Upl1. An account holds up no upload of another: each has its own, also of the same bytes, and members have
 *       room that others cannot take.
 * Upl2. A label stays with the bytes that first had it. Votes name code by labels, and any account uploads.
 */
import { hash as hashOf } from 'node:crypto'
import type { Genesis } from '../../../protocol/node/genesis.ts'
import type { UploadKind } from '../../../protocol/node/fields.ts'
import type { MessageOf } from '../../../protocol/node/messages.ts'
import type { Draft, StateReader } from '../../state/hostState.ts'
import { numberId, tableOf } from '../../state/table.ts'
import { refuseTransaction } from '../../transactions/refusal.ts'
import type { Context } from '../module.ts'
import { membersVersion, weightOf } from '../governance/members.ts'
import { parameterOf } from '../parameters/parameters.ts'
import { queueOperation, type Installation } from './operations.ts'

/** An upload that is not installed yet. */
export interface Upload {
  readonly hash: string
  readonly for: UploadKind
  readonly bytes: number
  readonly label: string | null
  readonly by: string
  /** Chunks that have arrived, and their bytes. */
  readonly chunks: number
  readonly arrived: number
  /** The last height at which a chunk is taken. */
  readonly expires: number
}

/** Whose upload of which bytes. */
type UploadName = Pick<Upload, 'by' | 'hash'>

const table = tableOf<Upload>('upload')
const idOf = ({ by, hash }: UploadName): string => `${by}.${hash}`
const chunks = (name: UploadName) => tableOf<string>(`upload.${idOf(name)}`)

/** The hash of the bytes that have a label (Upl2). */
const labels = tableOf<string>('upload.label')

function assertFree(state: StateReader, label: string | null, hash: string): void {
  const of = label === null ? undefined : labels.get(state, label)
  if (of !== undefined && of !== hash)
    refuseTransaction('kernel/label-taken', `${label} is the label of other code, with hash ${of}`)
}

/** The labels of a genesis are those of its bundles. */
export function labelBundles(state: Draft, bundles: Genesis['bundles']): void {
  for (const [label, { source }] of Object.entries(bundles)) labels.set(state, label, hashOf('sha256', source))
}

export const uploadsOf = (state: StateReader): readonly Upload[] =>
  table.ids(state).flatMap((id) => table.get(state, id) ?? [])

/** Begins an upload; the account that has begun it begins it again. */
export function beginUpload(context: Context, message: MessageOf<'kernel/begin-upload'>, by: string): void {
  const { state, height } = context
  const { hash, bytes, label } = message
  const begun = table.get(state, idOf({ by, hash }))
  if (begun !== undefined && begun.arrived === begun.bytes)
    refuseTransaction('kernel/upload-exists', `${hash} waits to be installed`)
  assertFree(state, label ?? null, hash)
  forgetUpload(state, { by, hash })
  const most = parameterOf(state, 'uploads.bytes')
  if (bytes < 1 || bytes > most) refuseTransaction('kernel/wrong-chunk', `an upload has 1 to ${most} bytes`)
  assertRoom(state, by)
  const expires = height + parameterOf(state, 'uploads.lifetime')
  table.set(state, idOf({ by, hash }), {
    hash,
    for: message.for,
    bytes,
    label: label ?? null,
    by,
    chunks: 0,
    arrived: 0,
    expires,
  })
}

/** Upl1. */
function assertRoom(state: StateReader, by: string): void {
  const isMember = (address: string): boolean => weightOf(state, membersVersion(state), address) > 0
  const others = isMember(by)
    ? uploadsOf(state).filter((upload) => upload.by === by)
    : uploadsOf(state).filter((upload) => !isMember(upload.by))
  const most = parameterOf(state, 'uploads.open')
  if (others.length >= most) refuseTransaction('kernel/too-many-uploads', `${most} uploads are open`)
}

/** Takes the next chunk. The last one queues the installation. */
export function takeChunk({ state }: Context, message: MessageOf<'kernel/upload-chunk'>, by: string): void {
  const { hash, index, data } = message
  const upload = table.get(state, idOf({ by, hash }))
  if (upload === undefined) return refuseTransaction('kernel/no-upload', `this account uploads nothing with hash ${hash}`)
  const bytes = Buffer.from(data, 'base64')
  const arrived = upload.arrived + bytes.length
  if (index !== upload.chunks || bytes.length === 0 || arrived > upload.bytes)
    refuseTransaction(
      'kernel/wrong-chunk',
      `chunk ${upload.chunks} is next, with 1 to ${upload.bytes - upload.arrived} bytes`,
    )
  chunks(upload).set(state, numberId(index), data)
  table.set(state, idOf(upload), { ...upload, chunks: upload.chunks + 1, arrived })
  if (arrived < upload.bytes) return
  if (hashOf('sha256', uploadedBytes(state, upload)) !== hash)
    refuseTransaction('kernel/wrong-hash', 'the bytes do not have the hash of the upload; begin it again')
  assertFree(state, upload.label, hash)
  if (upload.label !== null) labels.set(state, upload.label, hash)
  queueOperation(state, null, { kind: 'install', hash, by, for: upload.for, label: upload.label })
}

/** The bytes that have arrived. */
export const uploadedBytes = (state: StateReader, name: UploadName): Uint8Array =>
  Buffer.concat(chunks(name).ids(state).map((id) => Buffer.from(chunks(name).get(state, id) ?? '', 'base64')))

/** The code could not be installed: its label is free again. */
export function freeLabel(state: Draft, { label, hash }: Installation): void {
  if (label !== null && labels.get(state, label) === hash) labels.delete(state, label)
}

export function forgetUpload(state: Draft, name: UploadName): void {
  for (const id of chunks(name).ids(state)) chunks(name).delete(state, id)
  table.delete(state, idOf(name))
}

export function forgetExpired({ state, height }: Context): void {
  for (const upload of uploadsOf(state))
    if (upload.expires < height && upload.arrived < upload.bytes) forgetUpload(state, upload)
}

/**
 * Exports a node to a directory, and makes a node of an export. Keys are not part of it.
 *
 * | path            | content                                                      |
 * |-----------------|--------------------------------------------------------------|
 * | `node.json`     | the format, and the SHA-256 of the next two; written last    |
 * | `genesis.json`  | as in the directory of the node                              |
 * | `blocks.sqlite` | the blocks, up to that of the store or a later one           |
 * | `store/`        | an export of the store                                       |
 */
import { createHash } from 'node:crypto'
import { copyFileSync, createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getBuiltinModule } from 'node:process'
import { isRecord } from '../../base/guards.ts'
import { exportStore, importStore, type ExportOptions, type ImportOptions, type TransferReport } from '../../host/index.ts'
import { refuse } from '../../protocol/codes.ts'
import type { NodeInfo } from '../../protocol/node/views.ts'
import { Application } from '../application/application.ts'
import { readGenesis } from '../application/genesis.ts'
import { defaultConfig } from './nodeConfig.ts'
import { NodeHome } from './nodeHome.ts'

const { DatabaseSync } = getBuiltinModule('node:sqlite')

const format = 1
const parts = ['genesis.json', 'blocks.sqlite'] as const
type Part = (typeof parts)[number]

/** Piece by piece: the blocks may be larger than a buffer can be. */
async function hashOfFile(path: string): Promise<string> {
  const sum = createHash('sha256')
  for await (const piece of createReadStream(path)) sum.update(piece as Uint8Array)
  return sum.digest('hex')
}

/** Exports a node, which may run meanwhile, to an empty or missing directory. */
export async function exportNode(
  directory: string,
  to: string,
  options: ExportOptions,
): Promise<TransferReport> {
  const home = new NodeHome(directory)
  home.readGenesis()
  if (existsSync(join(to, 'node.json')) || existsSync(join(to, 'genesis.json')))
    refuse('export/not-empty', `${to} has an export of a node`, { directory: to })
  // The store first: the blocks that are copied then go as far as the store, or further.
  const report = await exportStore(home.store, join(to, 'store'), options)
  copyFileSync(home.genesisPath, join(to, 'genesis.json'))
  copyBlocks(home.blocks, join(to, 'blocks.sqlite'))
  const hashes: Partial<Record<Part, string>> = {}
  for (const part of parts) hashes[part] = await hashOfFile(join(to, part))
  writeFileSync(join(to, 'node.json'), `${JSON.stringify({ format, ...hashes }, null, 2)}\n`)
  return report
}

/** A copy of the database as of now, also while the node writes to it. */
function copyBlocks(from: string, to: string): void {
  const database = new DatabaseSync(from)
  try {
    database.exec('PRAGMA busy_timeout = 5000;')
    database.prepare('VACUUM INTO ?').run(to)
  } finally {
    database.close()
  }
}

/** The imported node. */
export interface ImportedNode {
  readonly info: NodeInfo
  readonly store: TransferReport
}

/**
 * Makes the directory of a node of an export, after checking all of it. After an error nothing is left.
 * @throws CodedError `node/home-exists`, `node/bad-export`, `export/…`, `store/…`
 */
export async function importNode(
  from: string,
  directory: string,
  options: ImportOptions = {},
): Promise<ImportedNode> {
  const home = new NodeHome(directory)
  home.assertFree()
  await checkParts(from)
  const text = readFileSync(join(from, 'genesis.json'), 'utf8')
  const genesis = readGenesis(text)
  try {
    mkdirSync(home.data, { recursive: true })
    const report = await importStore(join(from, 'store'), home.store, options)
    copyFileSync(join(from, 'blocks.sqlite'), home.blocks)
    const { trust = [] } = options
    const application = await Application.open({ directory: home.store, genesis, store: { trust } })
    await application.close()
    home.write(text, defaultConfig)
    return { info: application.info, store: report }
  } catch (error) {
    home.discard()
    throw error
  }
}

async function checkParts(from: string): Promise<void> {
  const bad = (why: string): never => refuse('node/bad-export', `${from}: ${why}`, { directory: from })
  const path = join(from, 'node.json')
  if (!existsSync(path)) bad('there is no node.json')
  const list = parsed(readFileSync(path, 'utf8'))
  if (!isRecord(list) || list['format'] !== format) return bad('node.json is not that of an export of this format')
  for (const part of parts) {
    const file = join(from, part)
    if (!existsSync(file)) bad(`there is no ${part}`)
    if ((await hashOfFile(file)) !== list[part]) bad(`${part} does not match its hash`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

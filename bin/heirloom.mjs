#!/usr/bin/env node
/**
 * Starts the command line, or a program of the user's, on a Node that runs it: this one if it is new enough,
 * else
 * the one that comes with the package. Plain JavaScript, so that an older Node gets this far.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** As in src/host/nodeVersion.ts, which says why. */
const oldest = { node: '24.15.0', sqlite: '3.51.0' }
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
/** Second words of verbs, such as `heirloom node start`; a file of that name is `./start`. */
const nodeVerbs = ['init', 'start', 'status', 'export', 'import', 'reset']
const words = process.argv.slice(2)
const program = programOf(words)
const isNew = Object.entries(oldest).every(([name, version]) =>
  isAtLeast(process.versions[name] ?? '0', version),
)
const node = isNew ? process.execPath : pinnedNode()

if (node === undefined)
  refuse(
    `needs Node ${oldest.node} or newer with SQLite ${oldest.sqlite}; this is ${process.version} with SQLite ${process.versions.sqlite ?? 'missing'}, and none came with the package for ${process.platform} ${process.arch}`,
  )
else if (program !== undefined) runOn(node, [...process.execArgv, ...program])
else if (!isNew) runOn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...words])
else {
  // What was read and compiled once is kept between commands.
  nodeModule.enableCompileCache()
  const { main } = await import(mainModule())
  await main()
}

/**
 * What Node is to run for `heirloom node` and `heirloom test`; undefined for the other verbs, and for help.
 */
function programOf([verb, ...rest]) {
  if (rest.length === 1 && (rest[0] === '--help' || rest[0] === '-h')) return undefined
  if (verb === 'node' && rest.length > 0) return nodeVerbs.includes(rest[0]) ? undefined : rest
  return verb === 'test' ? ['--test', ...rest] : undefined
}

function isAtLeast(version, wanted) {
  const [have, need] = [version, wanted].map((text) => text.split('.').map(Number))
  const at = need.findIndex((number, place) => (have[place] ?? 0) !== number)
  return at === -1 || (have[at] ?? 0) > need[at]
}

function pinnedNode() {
  try {
    return nodeModule
      .createRequire(import.meta.url)
      .resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch {
    return undefined
  }
}

/** The working tree has the sources, the package what was built of them. */
function mainModule() {
  const source = new URL('../src/cli/main.ts', import.meta.url)
  return existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
}

/** Exit code and signals pass through as if this process were not there. */
function runOn(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => refuse(`cannot start ${node}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // Signals that this process may not die of leave their number.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
  })
}

function refuse(why) {
  process.stderr.write(`heirloom: ${why}\n`)
  process.exitCode = 3
}

#!/usr/bin/env node
/**
 * Starts the command line on a Node that runs it: this one from 24 on, else the one that comes with
 * the package. Plain JavaScript, so that an older Node gets this far.
 */
import { spawn } from 'node:child_process'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const oldestNode = 24
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

if (Number.parseInt(process.versions.node, 10) >= oldestNode) {
  // What was read and compiled once is kept between commands.
  nodeModule.enableCompileCache()
  const { main } = await import('../src/cli/main.ts')
  await main()
} else {
  const node = pinnedNode()
  if (node === undefined) refuse(`needs Node ${oldestNode} or newer; this is ${process.version}, and none came with the package for ${process.platform} ${process.arch}`)
  else runOn(node)
}

function pinnedNode() {
  try {
    return nodeModule.createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch {
    return undefined
  }
}

/** Exit code and signals pass through as if this process were not there. */
function runOn(node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
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

/** Directs the console output of vats while a command runs. */
import { writeSync } from 'node:fs'
import type { OpenOptions } from '../../host/index.ts'
import type { Io } from './io.ts'
import { escapeControlCharacters } from './text/terminal.ts'
import { openForAppending, refuseUsage, type ParsedArgs } from '../args/arguments.ts'

type OnConsole = Exclude<OpenOptions['onConsole'], undefined>
type Line = Parameters<OnConsole>[0]

/**
 * Writes to the file of `--console`, else to a person at a terminal, unless `--quiet` is given. Undefined
 * when the output is discarded.
 */
export function consoleOf(args: ParsedArgs, io: Io): OnConsole | undefined {
  const path = args.text('console')
  if (path !== undefined && args.flag('quiet'))
    refuseUsage('--quiet and --console contradict each other; give one')
  if (path !== undefined) {
    // Open until the process ends.
    const file = openForAppending(path, '--console')
    return (line) => void writeSync(file, textOf(line))
  }
  if (io.progress !== 'shown' || args.flag('quiet')) return undefined
  return (line) => io.err(`${overProgress}${textOf(line)}`)
}

/** Overwrites the progress line of the command. */
const overProgress = '\r\u001b[K'

const levels: Readonly<Record<Line['level'], string>> = {
  debug: 'debug: ',
  log: '',
  info: '',
  warn: 'warning: ',
  error: 'error: ',
}

/** Further lines of one text go below it. */
const textOf = ({ name, level, text }: Line): string =>
  escapeControlCharacters(`[${name}] ${levels[level]}${text.replaceAll('\n', '\n  ')}\n`)

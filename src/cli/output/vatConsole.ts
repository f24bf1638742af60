/** Where vats' console output goes while a command runs. */
import { writeSync } from 'node:fs'
import type { OpenOptions } from '../../host/index.ts'
import type { Io } from './io.ts'
import { harmless } from './readable.ts'
import { fileToAppend, usage, type Words } from '../args/arguments.ts'

type OnConsole = Exclude<OpenOptions['onConsole'], undefined>
type Line = Parameters<OnConsole>[0]

/**
 * To the file of `--console`, else to a person at a terminal, unless `--quiet` is given. Undefined: nowhere.
 */
export function consoleOf(words: Words, io: Io): OnConsole | undefined {
  const path = words.text('console')
  if (path !== undefined && words.flag('quiet'))
    usage('--quiet and --console contradict each other; give one')
  if (path !== undefined) {
    // Open until the process ends.
    const file = fileToAppend(path, '--console')
    return (line) => void writeSync(file, textOf(line))
  }
  if (io.progress !== 'shown' || words.flag('quiet')) return undefined
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
  harmless(`[${name}] ${levels[level]}${text.replaceAll('\n', '\n  ')}\n`)

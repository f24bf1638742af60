/** The options with which a command opens its store. */
import { openForAppending, type ParsedArgs } from '../args/arguments.ts'
import type { Io } from '../output/io.ts'
import type { OpenOptions } from '../../host/index.ts'
import { closeSync } from 'node:fs'
import { consoleOf } from '../output/vatConsole.ts'

/** From `--store`, else from the environment, else the default. */
export const storeDirectory = (args: ParsedArgs, { env }: Io): string =>
  args.text('store') ?? (env['HEIRLOOM_STORE'] || './heirloom-store')

/** What a verb determines; the rest comes from the common options. */
export type Opening = Pick<OpenOptions, 'make' | 'verify' | 'config' | 'kernelSource'>

/** The options that change nothing in the store. */
export function runningOptionsOf(
  args: ParsedArgs,
  io: Io,
): Omit<OpenOptions, 'directory' | 'make' | 'config' | 'access'> {
  const traceFile = args.text('trace')
  if (traceFile !== undefined) closeSync(openForAppending(traceFile, '--trace'))
  const onConsole = consoleOf(args, io)
  const residentBytes = args.count('resident-bytes')
  return {
    trust: args.texts('trust'),
    rolledBack: args.flag('accept-rollback') ? 'accept' : 'refuse',
    ...(traceFile === undefined ? {} : { traceFile }),
    ...(onConsole === undefined ? {} : { onConsole }),
    ...(residentBytes === undefined ? {} : { residentBytes }),
  }
}

/** The verb's options and the common ones. */
export const optionsOf = (args: ParsedArgs, io: Io, opening: Opening): OpenOptions => ({
  directory: storeDirectory(args, io),
  make: 'never',
  ...opening,
  ...runningOptionsOf(args, io),
})

/**
 * A process that runs the commands that it is given, one after the other, and prints how each ended, as JSON.
 */
import { dispatch } from '../../src/cli/dispatch.ts'
import type { Ended } from './support.ts'

const ended: Ended[] = []
for (const words of JSON.parse(process.argv[2] ?? '[]') as readonly (readonly string[])[]) {
  let [out, err] = ['', '']
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    progress: 'hidden',
    env: process.env,
  } as const
  ended.push({ code: await dispatch(words, io), out, err })
}
process.stdout.write(JSON.stringify(ended))

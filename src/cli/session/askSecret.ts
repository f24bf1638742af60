/** Asks for a secret at the terminal. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Reads a line of the terminal, which shows nothing of it. Ctrl-C ends the process, as elsewhere. */
export function askSecret(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  return new Promise((resolve) => {
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    lines.question('', (answer) => {
      lines.close()
      process.stderr.write('\n')
      resolve(answer)
    })
  })
}

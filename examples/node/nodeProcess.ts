/** Nodes as processes of their own, and commands of the command line. None outlives the demonstration. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'heirloom.mjs')

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function launch(words: readonly string[]): { child: ChildProcess; said: { out: string; err: string } } {
  const child = spawn(process.execPath, [launcher, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('close', () => running.delete(child))
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said.err += text))
  return { child, said }
}

/** Runs a command to its end, and returns what it has written to standard output. */
export async function heirloom(...words: readonly string[]): Promise<string> {
  const { child, said } = launch(words)
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(`heirloom ${words.join(' ')} ended with ${child.exitCode}: ${said.err}`)
  return said.out
}

/** A node that listens. */
export class NodeProcess {
  readonly #child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** `heirloom node start`; resolves when it listens. Without a port it takes one that is free. */
  static async start(home: string, port = '0', ...words: readonly string[]): Promise<NodeProcess> {
    const { child, said } = launch(['node', 'start', '--home', home, '--port', port, ...words])
    const url = await new Promise<string>((resolve, reject) => {
      child.stderr?.on('data', () => {
        const found = /listens at (\S+)/.exec(said.err)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.once('close', () => reject(new Error(`the node ended: ${said.err}`)))
    })
    return new NodeProcess(child, url)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get port(): string {
    return new URL(this.url).port
  }

  /** Ends it by a signal; resolves when the process is gone, to what it ended with. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null> {
    const ended = once(this.#child, 'close')
    this.#child.kill(signal)
    await ended
    return this.#child.signalCode ?? this.#child.exitCode
  }
}

/** Ends every process that is left. */
export async function endAll(): Promise<void> {
  const ended = [...running].map((child) => once(child, 'close'))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(ended)
}

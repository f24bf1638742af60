/**
 * An audit of the kernel's tables: everything that is counted is counted again.
 *
 * It reads the rows of the space `kernel` as text and knows their layout by itself (`src/kernel/tables.ts`
 * has it as a table), so that a mistake there is not repeated here. It holds between any two cranks:
 *
 * A1. An object's counts are those of the c-lists, queues, promise data and pins that refer to it (R1).
 * A2. A promise's references are those of the c-lists, queues, promise data and results (R2).
 * A3. A c-list has each entry in both directions, and its names are of the grammar.
 * A4. An object of a vat has its entry in the vat's c-list; an orphan has none.
 * A5. Nothing without references stays, but what its owner is about to be told.
 * A6. An unresolved promise has somebody who can settle it: a vat that names it, or one item of a queue
 *     of which it is the result.
 * A7. Queues have no gaps; what waits for a promise is as much as the promise says.
 * A8. A port counts its items: those that wait, that failed, that the host has not acknowledged, that are not settled.
 * A9. A wakeup has an alarm at its time, or an answer that it waits for; and a row for its token.
 */

export type KernelRows = ReadonlyMap<string, string>

interface Counts {
  reachable: number
  recognizable: number
}

interface Item {
  readonly kind: string
  readonly target?: string
  readonly message?: Message
  readonly promise?: string
  readonly vat?: string
  readonly action?: string
  readonly objects?: readonly string[]
  readonly parameters?: Data
  readonly result?: string
}
interface Message {
  readonly methargs: Data
  readonly result: string | null
}
interface Data {
  readonly slots: readonly string[]
}
interface Service {
  readonly token?: string | null
}
interface Port {
  readonly object: string
  readonly handler: string | null
}
interface Wakeup {
  readonly handler?: string
  readonly promise?: string
  readonly token: string | null
}

const isVat = (text: string | undefined): boolean => /^v[1-9][0-9]*$/.test(text ?? '')
const isObject = (kref: string): boolean => /^ko[1-9][0-9]*$/.test(kref)
const isPromise = (kref: string): boolean => /^kp[1-9][0-9]*$/.test(kref)

/** What is wrong, a line for each finding; nothing when all is well. */
export function audit(rows: KernelRows): string[] {
  return new Audit(rows).run()
}

class Audit {
  readonly #rows: KernelRows
  readonly #findings: string[] = []
  readonly #objects = new Map<string, Counts>()
  readonly #promises = new Map<string, number>()
  /** Of how many items of queues a promise is the result. */
  readonly #results = new Map<string, number>()
  /** Exports that an item of a queue, or a row of `gc.`, will say something about. */
  readonly #announced = new Set<string>()

  constructor(rows: KernelRows) {
    this.#rows = rows
  }

  run(): string[] {
    if (!this.#rows.has('config')) return ['there is no configuration']
    this.#count()
    this.#checkQueue()
    this.#checkPorts()
    this.#checkWakeups()
    for (const [key, value] of this.#rows) {
      if (key.startsWith('c.')) this.#checkEntry(key, value)
      else if (key.startsWith('object.')) this.#checkObject(key.slice('object.'.length), value)
      else if (key.startsWith('promise.')) this.#checkPromise(key.slice('promise.'.length), value)
    }
    this.#checkNothingElse()
    return this.#findings
  }

  // --- counting

  #count(): void {
    for (const [key, value] of this.#rows) {
      const [table, first = '', second = '', third = ''] = key.split('.')
      switch (table) {
        case 'c':
          this.#countEntry(second, value)
          break
        case 'run':
        case 'parked':
          if (first !== '') this.#countItem(JSON.parse(value) as Item)
          break
        case 'wait':
          this.#add(first)
          this.#countMessage(JSON.parse(value) as Message)
          break
        case 'data':
          for (const slot of (JSON.parse(value) as Data).slots) this.#add(slot)
          break
        case 'result':
        case 'vatAdmin':
        case 'timer':
          this.#add(value)
          break
        case 'reaction':
          this.#add(first)
          break
        case 'service':
          this.#countService(JSON.parse(value) as Service)
          break
        case 'wakeup':
          this.#countWakeup(JSON.parse(value) as Wakeup)
          break
        case 'port':
          this.#countPort(JSON.parse(value) as Port)
          break
        case 'in':
        case 'out':
        case 'failed':
          for (const slot of (JSON.parse(value) as Data).slots) this.#add(slot)
          break
        case 'vat':
          this.#add((JSON.parse(value) as { root: string }).root)
          break
        case 'gc':
          this.#announced.add(`${second} ${third}`)
          break
      }
    }
  }

  #countEntry(name: string, value: string): void {
    if (isPromise(name)) this.#add(name)
    else if (isObject(name) && value.slice(2).startsWith('o-')) this.#add(name, value.startsWith('R') ? 1 : 0)
  }

  #countItem(item: Item): void {
    if (item.target !== undefined) this.#add(item.target)
    if (item.message !== undefined) this.#countMessage(item.message)
    if (item.promise !== undefined) this.#add(item.promise)
    for (const slot of item.parameters?.slots ?? []) this.#add(slot)
    if (item.result !== undefined) this.#addResult(item.result)
    for (const kref of item.objects ?? []) this.#announced.add(`${item.action} ${kref}`)
  }

  #countService({ token }: Service): void {
    if (typeof token === 'string') this.#add(token)
  }

  #countPort({ object, handler }: Port): void {
    this.#add(object)
    if (handler !== null) this.#add(handler)
  }

  /** The promise of a wakeup is the timer's to settle: as a result of it (A6). */
  #countWakeup({ handler, promise, token }: Wakeup): void {
    if (handler !== undefined) this.#add(handler)
    if (promise !== undefined) this.#addResult(promise)
    if (token !== null) this.#add(token)
  }

  #countMessage({ methargs, result }: Message): void {
    for (const slot of methargs.slots) this.#add(slot)
    if (result !== null) this.#addResult(result)
  }

  #addResult(kref: string): void {
    this.#add(kref)
    this.#results.set(kref, (this.#results.get(kref) ?? 0) + 1)
  }

  #add(kref: string, reachable = 1): void {
    if (isPromise(kref)) {
      this.#promises.set(kref, (this.#promises.get(kref) ?? 0) + 1)
      return
    }
    if (!isObject(kref)) return this.#find(`${JSON.stringify(kref)} is referred to and is no name of the kernel`)
    const counts = this.#objects.get(kref) ?? { reachable: 0, recognizable: 0 }
    this.#objects.set(kref, { reachable: counts.reachable + reachable, recognizable: counts.recognizable + 1 })
  }

  // --- checking

  #checkEntry(key: string, value: string): void {
    const [, vat = '', name = ''] = key.split('.')
    if (!this.#rows.has(`vat.${vat}`)) this.#find(`${key}: there is no vat ${vat}`)
    const kernelSide = isObject(name) || isPromise(name)
    const back = kernelSide ? this.#rows.get(`c.${vat}.${value.slice(2)}`) : this.#rows.get(`c.${vat}.${value}`)
    if (kernelSide ? back !== name : back?.slice(2) !== name) this.#find(`${key} is ${value}, and back it is ${back} (A3)`)
    if (!kernelSide) {
      if (!/^(?:o-[1-9]\d*|o\+\d+|o\+[dv]\d+\/\d+(?::\d+)?|p[-+][1-9]\d*)$/.test(name)) this.#find(`${key}: not a name of a vat (A3)`)
    } else if (!this.#rows.has(`${isObject(name) ? 'object' : 'promise'}.${name}`)) this.#find(`${key}: there is no ${name}`)
  }

  #checkObject(kref: string, value: string): void {
    const [owner = '', reachable, recognizable] = value.split(' ')
    const counted = this.#objects.get(kref) ?? { reachable: 0, recognizable: 0 }
    if (Number(reachable) !== counted.reachable || Number(recognizable) !== counted.recognizable) {
      this.#find(`${kref} of ${owner} says ${reachable} of ${recognizable}; counted are ${counted.reachable} of ${counted.recognizable} (A1)`)
    }
    if (isVat(owner)) this.#checkOwned(kref, owner, counted)
    else if (counted.recognizable === 0) this.#find(`${kref} of ${owner} has no references (A5)`)
    if (owner === 'kernel' && !this.#rows.has(`service.${kref}`)) this.#find(`${kref} of the kernel has no service (A4)`)
  }

  #checkOwned(kref: string, owner: string, { reachable, recognizable }: Counts): void {
    const entry = this.#rows.get(`c.${owner}.${kref}`)
    if (entry?.slice(2).startsWith('o+') !== true) this.#find(`${kref} is of ${owner}, whose entry is ${entry} (A4)`)
    if (reachable === 0 && entry?.startsWith('R') === true && !this.#announced.has(`drop ${kref}`)) {
      this.#find(`${kref} of ${owner} cannot be reached, and nobody will say so (A5)`)
    }
    if (recognizable === 0 && !this.#announced.has(`retire ${kref}`)) {
      this.#find(`${kref} of ${owner} has no references, and nobody will say so (A5)`)
    }
  }

  #checkPromise(kref: string, value: string): void {
    const [state, decider = '', references, queued, subscribers = ''] = value.split(' ')
    const counted = this.#promises.get(kref) ?? 0
    if (Number(references) !== counted) this.#find(`${kref} says ${references} references; counted are ${counted} (A2)`)
    if (counted === 0) this.#find(`${kref} has no references (A5)`)
    const waiting = [...this.#rows.keys()].filter((key) => key.startsWith(`wait.${kref}.`)).length
    if (Number(queued) !== waiting) this.#find(`${kref} says ${queued} messages wait; there are ${waiting} (A7)`)
    if (this.#rows.has(`data.${kref}`) !== (state !== 'unresolved')) this.#find(`${kref} is ${state}, and its data says otherwise`)
    for (const vat of subscribers.split(',').filter(isVat)) {
      if (!this.#rows.has(`c.${vat}.${kref}`)) this.#find(`${kref} is subscribed to by ${vat}, which has no name for it`)
    }
    if (state === 'unresolved') this.#checkDecider(kref, decider)
  }

  #checkDecider(kref: string, decider: string): void {
    const results = this.#results.get(kref) ?? 0
    if (decider === 'kernel') {
      if (results !== 1) this.#find(`${kref} is in the kernel's hands as the result of ${results} items (A6)`)
    } else if (!this.#rows.has(`c.${decider}.${kref}`)) this.#find(`${kref} is to be settled by ${decider}, which has no name for it (A6)`)
  }

  #checkQueue(): void {
    const [head = 0, tail = 0] = (this.#rows.get('run') ?? '0 0').split(' ').map(Number)
    const items = [...this.#rows.keys()].filter((key) => key.startsWith('run.'))
    if (items.length !== tail - head) this.#find(`the run-queue goes from ${head} to ${tail} and has ${items.length} items (A7)`)
    for (let index = head; index < tail; index += 1) {
      if (!this.#rows.has(`run.${index}`)) this.#find(`the run-queue has no item ${index} (A7)`)
    }
  }

  /** A8. */
  #checkPorts(): void {
    for (const [key, value] of this.#rows) {
      if (!key.startsWith('port.')) continue
      const name = key.slice('port.'.length)
      const { waiting, failures, sent, acknowledged, unsettled } = JSON.parse(value) as Record<string, number>
      const count = (prefix: string): number => [...this.#rows.keys()].filter((other) => other.startsWith(prefix)).length
      const received = [...this.#rows].filter(([other, text]) => other.startsWith('reaction.') && (JSON.parse(text) as { port?: string }).port === name).length
      const said = [waiting, failures, (sent ?? 0) - (acknowledged ?? 0), unsettled]
      const counted = [count(`in.${name} `), count(`failed.${name} `), count(`out.${name} `), received]
      if (JSON.stringify(said) !== JSON.stringify(counted)) this.#find(`${key} says ${said.join(', ')}; counted are ${counted.join(', ')} (A8)`)
    }
  }

  /** A9. */
  #checkWakeups(): void {
    const ordered = (digits: string): string => String.fromCharCode(96 + digits.length) + digits
    let alarms = 0
    let tokens = 0
    for (const [key, value] of this.#rows) {
      if (key.startsWith('alarm.')) alarms -= 1
      if (key.startsWith('tokens.')) tokens -= Number(value)
      if (!key.startsWith('wakeup.')) continue
      const id = key.slice('wakeup.'.length)
      const { due, token } = JSON.parse(value) as { due: string | null; token: string | null }
      if (due !== null) alarms += 1
      if (token !== null) tokens += 1
      if (due !== null && !this.#rows.has(`alarm.${ordered(due)}.${ordered(id)}`)) this.#find(`${key} has no alarm (A9)`)
      if (token !== null && !this.#rows.has(`token.${token}.${ordered(id)}`)) this.#find(`${key} cannot be cancelled by its token (A9)`)
      const answers = [...this.#rows].filter(([other, text]) => other.startsWith('reaction.') && String((JSON.parse(text) as { wakeup?: number }).wakeup) === id)
      if (due === null && answers.length !== 1) this.#find(`${key} waits for ${answers.length} answers (A9)`)
    }
    if (alarms !== 0 || tokens !== 0) this.#find(`${-alarms} alarms and ${-tokens} tokens too many (A9)`)
  }

  /** What is counted and not there. */
  #checkNothingElse(): void {
    for (const kref of this.#objects.keys()) if (!this.#rows.has(`object.${kref}`)) this.#find(`${kref} is referred to and is not there`)
    for (const kref of this.#promises.keys()) if (!this.#rows.has(`promise.${kref}`)) this.#find(`${kref} is referred to and is not there`)
  }

  #find(finding: string): void {
    this.#findings.push(finding)
  }
}

/**
 * A history: random operations on objects of kinds in a world of two vats, next to the model.
 *
 * After each message what the vat answered is compared with the model; now and then all that can be seen,
 * and after everything was collected all rows that are left, in the vat's space and in the kernel.
 */
import assert from 'node:assert/strict'
import { answerOf, openWorld, rejectionOf, show, type Scope, type World } from '../../kit/world.ts'
import {
  Model,
  isFacet,
  isImport,
  kinds,
  placeNames,
  weakNames,
  weaks,
  type KindName,
  type Name,
  type Place,
  type Thing,
  type Weak,
} from './model.ts'
import { guest, home } from './vats.ts'

export type Dice = (sides: number) => number

/** xorshift */
export function makeDice(seed: number): Dice {
  let state = (seed * 2_654_435_761) >>> 0 || 1
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}

type Path = readonly [string, unknown]
interface Found {
  readonly path: Path
  readonly name: Name
}
/** What the vat is told to do, and what it must answer. */
interface Step {
  readonly operation: readonly unknown[]
  readonly expected: unknown
}

const slotNames = ['0', '1', '2', '3']
const homePlaces = placeNames.filter((place) => !place.startsWith('guest'))
const rounds = 10
/** Few, since a store is prepared for each. */
const configs = [
  { collectionInterval: 3, snapshotInterval: 7 },
  { collectionInterval: 5, snapshotInterval: 19 },
] as const

export class History {
  readonly #world: World
  /** The names of the two vats. */
  readonly #home: string
  readonly #guest: string
  readonly #model = new Model()
  readonly #roll: Dice
  readonly #interval: number
  readonly #told: string[] = []
  #nextId = 1
  /** Rows of the vats that are always there, by the first part of their key. */
  #fixed: ReadonlyMap<string, number> = new Map()

  private constructor(world: World, seed: number, roll: Dice, interval: number) {
    this.#world = world
    this.#home = `home${seed}`
    this.#guest = `guest${seed}`
    this.#roll = roll
    this.#interval = interval
  }

  /** Histories of seeds that follow each other, in one world, each with vats of its own. */
  static async run(scope: Scope, firstSeed: number, histories: number): Promise<void> {
    const config = configs[firstSeed % configs.length] as (typeof configs)[number]
    const world = await openWorld(scope, { config })
    for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
      await new History(world, seed, makeDice(seed), config.collectionInterval).#run(seed)
    }
  }

  async #run(seed: number): Promise<void> {
    try {
      await this.#begin()
      for (let round = 0; round < rounds; round += 1) await this.#round()
      await this.#settle()
    } catch (error) {
      throw new Error(
        `HEIRLOOM_SEED=${seed}: ${(error as Error).message}\n${this.#told.slice(-60).join('\n')}`,
        { cause: error },
      )
    }
  }

  async #begin(): Promise<void> {
    await this.#world.create(this.#home, { setup: home })
    await this.#world.create(this.#guest, { setup: guest })
    await this.#introduce()
    await this.#collectAll()
    this.#fixed = countRows(await this.#rows())
  }

  async #introduce(): Promise<void> {
    await this.#world.run(this.#home, 'me.guest = args[0]', await this.#world.root(this.#guest))
    await this.#world.run(this.#guest, 'me.home = args[0]', await this.#world.root(this.#home))
  }

  async #round(): Promise<void> {
    for (let message = this.#roll(6); message >= 0; message -= 1) {
      if (this.#roll(4) === 0) await this.#guestStep()
      else await this.#homeSteps()
    }
    await this.#passage()
    await this.#look()
  }

  // --- choosing

  #pick<Item>(items: readonly Item[]): Item {
    assert.ok(items.length > 0)
    return items[this.#roll(items.length)] as Item
  }

  /** Everything that the vat has a way to. */
  #found(): Found[] {
    const found: Found[] = []
    for (const place of homePlaces)
      for (const [slot, name] of this.#model.places[place]) found.push({ path: [place, slot], name })
    for (const { path, name } of [...found]) {
      const ref = isFacet(name) ? this.#model.thing(name).ref : null
      if (ref !== null) found.push({ path: ['ref', path], name: ref })
    }
    return found
  }

  #facets(): Found[] {
    return this.#found().filter(({ name }) => isFacet(name))
  }

  #anything(): Found {
    return this.#pick([...this.#found(), { path: ['far', 0], name: 'f0' }, { path: ['far', 1], name: 'f1' }])
  }

  #placeFor(name: Name): Place {
    return this.#pick(isImport(name) ? homePlaces : placeNames)
  }

  // --- what the vat does by itself

  async #homeSteps(): Promise<void> {
    const steps: Step[] = []
    for (let left = this.#roll(5); left >= 0; left -= 1) steps.push(this.#step())
    const operations = steps.map(({ operation }) => operation)
    this.#told.push(show(operations))
    assert.deepEqual(
      await this.#world.run(this.#home, 'return me.apply(args[0])', operations),
      steps.map(({ expected }) => expected),
      show(operations),
    )
  }

  #step(): Step {
    const facets = this.#facets()
    if (facets.length === 0) return this.#make()
    const one = this.#pick(facets)
    const thing = this.#model.thing(one.name)
    switch (this.#roll(16)) {
      case 0: case 1: case 2:
        return this.#make()
      case 3: case 4:
        return this.#keep()
      case 5: case 6: case 7:
        return this.#drop()
      case 8:
        return this.#other(one, thing)
      case 9:
        return { operation: ['read', one.path], expected: [thing.id, thing.n, thing.ref] }
      case 10:
        thing.n += 7
        return { operation: ['add', one.path, 7], expected: thing.n }
      case 11: case 12:
        return this.#refer(one)
      case 13:
        return this.#state(one, thing)
      default:
        return this.#weak()
    }
  }

  #make(): Step {
    const kind = this.#pick(Object.keys(kinds) as KindName[])
    const [id, n, place, slot] = [
      `x${this.#nextId++}`,
      this.#roll(100),
      this.#pick(placeNames),
      this.#pick(slotNames),
    ]
    const name = this.#model.make(kind, id, n)
    return {
      operation: ['make', kind, id, n, place, slot],
      expected: outcome(this.#model.keep(place, slot, name)),
    }
  }

  #keep(): Step {
    const { path, name } = this.#anything()
    const [place, slot] = [this.#placeFor(name), this.#pick(slotNames)]
    return { operation: ['keep', path, place, slot], expected: outcome(this.#model.keep(place, slot, name)) }
  }

  #other({ path, name }: Found, { id, kind }: Thing): Step {
    const other = kinds[kind].facets === 1 || name.endsWith('.1') ? `${id}.0` : `${id}.1`
    const [place, slot] = [this.#pick(placeNames), this.#pick(slotNames)]
    return {
      operation: ['other', path, place, slot],
      expected: outcome(this.#model.keep(place, slot, other)),
    }
  }

  #drop(): Step {
    const full = [
      ...homePlaces.map((place) => [place, this.#model.places[place]] as const),
      ['states', this.#model.states] as const,
    ].filter(([, table]) => table.size > 0)
    const [place, table] = this.#pick(full)
    const slot = this.#pick([...table.keys()])
    table.delete(slot)
    return { operation: ['drop', place, slot], expected: undefined }
  }

  #refer(one: Found): Step {
    const to = this.#roll(4) === 0 ? null : this.#anything()
    return {
      operation: ['refer', one.path, to?.path ?? null],
      expected: outcome(this.#model.refer(one.name, to?.name ?? null)),
    }
  }

  /** Takes a state object into the heap, or uses one that is there. */
  #state({ path }: Found, { id }: Thing): Step {
    const slot = this.#pick(slotNames)
    const held = this.#model.states.get(slot)
    const of = held === undefined ? undefined : this.#model.things.get(held)
    if (of === undefined) {
      this.#model.states.set(slot, id)
      return { operation: ['state', path, slot], expected: undefined }
    }
    if (this.#roll(2) === 0) return { operation: ['readState', slot], expected: [of.id, of.n, of.ref] }
    of.n = this.#roll(100)
    return { operation: ['setState', slot, of.n], expected: undefined }
  }

  #weak(): Step {
    const weak = this.#pick(weakNames)
    const table = this.#model.weak[weak]
    const { path, name } = this.#anything()
    switch (this.#roll(4)) {
      case 0: {
        const expected = outcome(table.has(name) || !weaks[weak].stored)
        table.delete(name)
        return { operation: ['dropWeak', weak, path], expected }
      }
      case 1: {
        const expected = !table.has(name) ? [false] : weak.endsWith('Map') ? [true, table.get(name)] : [true]
        return { operation: ['getWeak', weak, path], expected }
      }
      default: {
        const value = this.#roll(2) === 0 ? this.#roll(100) : this.#anything()
        const [given, meant] = typeof value === 'number' ? [value, value] : [value.path, value.name]
        return {
          operation: ['putWeak', weak, path, given],
          expected: outcome(this.#model.putWeak(weak, name, meant)),
        }
      }
    }
  }

  // --- what the other vat does

  async #guestStep(): Promise<void> {
    const held = (['guest', 'guestBaggage'] as const).flatMap((place) =>
      [...this.#model.places[place]].map(([slot, name]) => ({ place, slot, name })),
    )
    if (held.length === 0 || this.#roll(5) === 0) return this.#giveImport()
    const { place, slot, name } = this.#pick(held)
    const to = this.#pick(slotNames)
    const run = (code: string, ...args: unknown[]): Promise<unknown> =>
      this.#world.run(this.#guest, code, place, slot, ...args)
    const choice = this.#roll(7)
    this.#told.push(`guest: ${choice} ${place} ${slot} ${name} ${to}`)
    switch (choice) {
      case 0: case 1:
        this.#model.places[place].delete(slot)
        await run("args[0] === 'guest' ? me.held.delete(args[1]) : baggage.delete(args[1])")
        return
      case 2:
        this.#model.keep('guestBaggage', to, name)
        await run('me.store(args[2], me.at(...args))', to)
        return
      case 3:
        this.#model.guestWeak.add(name)
        await run('me.weak.add(me.at(...args))')
        return
      case 4:
        if (name.startsWith('!')) return
        this.#model.keep('ram', to, name)
        await run("return E(me.home).run('me.ram.set(args[0], args[1])', args[2], me.at(...args))", to)
        return
      default:
        return this.#ask(name, place, slot)
    }
  }

  async #giveImport(): Promise<void> {
    const [slot, number] = [this.#pick(slotNames), this.#roll(3)]
    this.#told.push(`guest gives t${number} into ${slot}`)
    this.#model.keep('ram', slot, `t${number}`)
    await this.#world.run(
      this.#guest,
      "return E(me.home).run('me.ram.set(args[0], args[1])', args[0], me.things[args[1]])",
      slot,
      number,
    )
  }

  async #ask(name: Name, place: Place, slot: string): Promise<void> {
    const code = 'return E(me.at(...args)).read()'
    if (name.startsWith('!')) {
      rejectionOf(await this.#world.outcome(this.#guest, 'run', code, place, slot), 'object-abandoned')
    } else if (isFacet(name)) {
      const { id, n, ref } = this.#model.thing(name)
      assert.deepEqual(await this.#world.run(this.#guest, code, place, slot), [id, n, ref])
    }
  }

  // --- what happens between

  async #passage(): Promise<void> {
    const world = this.#world
    const choice = this.#roll(12)
    this.#told.push(`passage ${choice}`)
    switch (choice) {
      case 0:
        return world.controller.evictWorkers()
      case 1:
        return world.reopen()
      case 2: case 3:
        answerOf(await world.upgrade(this.#home, { setup: home }))
        this.#model.upgrade()
        return this.#introduce()
      case 4:
        rejectionOf(
          await world.upgrade(this.#home, { setup: `${home}; baggage.set('0', 1); throw Error('no')` }),
          'upgrade-refused',
        )
        return
      case 5:
        answerOf(await world.upgrade(this.#guest, { setup: guest }))
        this.#model.upgradeGuest()
        return this.#introduce()
      case 6: case 7: case 8:
        return this.#settle()
    }
  }

  /** What can be seen is what the model has. */
  async #look(): Promise<void> {
    const model = this.#model
    const { seen, things, weak } = (await this.#world.run(
      this.#home,
      'return me.look(args[0])',
      weakNames,
    )) as {
      seen: Record<Place, unknown>
      things: unknown
      weak: Record<Weak, unknown>
    }
    for (const place of homePlaces)
      assert.deepEqual(seen[place], [...model.places[place]].sort(), `what is in ${place}`)
    const names = this.#reachable()
    const facets = names.filter(isFacet)
    assert.deepEqual(
      things,
      facets.map((name) => {
        const { id, n, ref } = model.thing(name)
        return [name, [id, n, ref]]
      }),
      'what the objects are',
    )
    for (const one of weakNames) {
      const expected = names
        .filter((name) => model.weak[one].has(name))
        .map((name) => [name, model.weak[one].get(name)])
      assert.deepEqual(weak[one], expected, `what is in ${one}`)
    }
    await this.#lookAtGuest()
  }

  /** All that the vat has a way to, however far. */
  #reachable(): Name[] {
    const names = new Set(this.#found().map(({ name }) => name))
    for (const name of names) {
      if (!isFacet(name)) continue
      const { id, kind, ref } = this.#model.thing(name)
      if (ref !== null) names.add(ref)
      for (let facet = 0; facet < kinds[kind].facets; facet += 1) names.add(`${id}.${facet}`)
    }
    return [...names].sort()
  }

  async #lookAtGuest(): Promise<void> {
    const all = (['guest', 'guestBaggage'] as const)
      .flatMap((place) =>
        [...this.#model.places[place]].map(([slot, name]) => [`${place} ${slot}`, name] as const),
      )
      .sort()
    const expected = all.map(([where, name]) => [
      where,
      all.find(([, other]) => other === name)?.[0],
      this.#model.guestWeak.has(name),
    ])
    assert.deepEqual(
      await this.#world.run(this.#guest, 'return me.look()'),
      expected,
      'what the other vat has',
    )
  }

  // --- what is left

  async #collectAll(): Promise<void> {
    // A question and its answer are a delivery to each of the two.
    const ask = 'for (let n = 0; n < args[0]; n += 1) await E(me.home).echo()'
    for (let time = 0; time < 6; time += 1) await this.#world.run(this.#guest, ask, this.#interval)
    await this.#world.forgetAll()
  }

  #rows = async (): Promise<readonly string[]> => {
    const { vat } = await this.#world.controller.vat(this.#home)
    return [...(await this.#world.rows(`vat/${vat}`))].map(([key, value]) => `${key} ${value}`)
  }

  async #settle(): Promise<void> {
    await this.#collectAll()
    this.#model.collect()
    await this.#checkRows(await this.#rows())
    await this.#checkNames()
  }

  async #checkRows(rows: readonly string[]): Promise<void> {
    const model = this.#model
    const ids = new Map<string, string>()
    for (const row of rows) {
      const found = /^object\.(\S+) [^]*?\nid\n#"(x\d+)"/.exec(row)
      if (found !== null) ids.set(found[1] as string, found[2] as string)
    }
    const nameIn = (vref: string): string => ids.get(vref.split(':')[0] as string) ?? `nobody (${vref})`
    const withFacet = (vref: string): string => `${nameIn(vref)}.${vref.split(':')[1] ?? 0}`
    const keys = rows.map((row) => row.split(' ')[0] as string)
    const after = (prefix: string): string[] =>
      keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
    assert.deepEqual([...ids.values()].sort(), [...model.things.keys()].sort(), 'objects that are stored')
    const exported = [...model.exports()].filter(isFacet)
    assert.deepEqual(
      after('export.o+')
        .map((vref) => withFacet(`o+${vref}`))
        .sort(),
      exported.sort(),
      'exports that are written down',
    )
    assert.deepEqual(countsIn(rows, nameIn), countsOf(model), 'references that are counted')
    for (const vref of after('loose.'))
      assert.ok(
        kinds[model.things.get(nameIn(vref))?.kind ?? 'V'].durable,
        `${vref} is loose and is no durable object`,
      )
    assert.deepEqual(after('uncollected'), [], 'marks')
    const sizes = (names: readonly (Place | Weak)[]): number =>
      names.reduce((sum, name) => sum + { ...model.places, ...model.weak }[name].size, 0)
    const stored = weakNames.filter((weak) => weaks[weak].stored)
    const more = {
      entry: sizes(['baggage', 'dmap', 'vmap', 'dset', 'vset', ...stored]),
      weak: sizes(stored),
      ordinal: sizes(['dset', 'vset']),
      collection: 0,
    }
    const counted = countRows(rows)
    for (const [table, count] of Object.entries(more))
      assert.equal((counted.get(table) ?? 0) - (this.#fixed.get(table) ?? 0), count, `rows of ${table}`)
  }

  /** What the vats know of each other: beside the two roots what the model says. */
  async #checkNames(): Promise<void> {
    const kernel = [...(await this.#world.rows('kernel')).keys()]
    for (const [name, known] of [
      [this.#home, this.#model.imports()],
      [this.#guest, this.#model.exports()],
    ] as const) {
      const { vat } = await this.#world.controller.vat(name)
      assert.equal(
        kernel.filter((key) => key.startsWith(`c.${vat}.o-`)).length,
        1 + known.size,
        `names that ${name} has of others: ${[...known].join()}`,
      )
    }
    await this.#world.audit()
  }
}

const outcome = (isDone: boolean): unknown => (isDone ? undefined : 'threw')

function countRows(rows: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const table = row.split(/[. ]/)[0] as string
    counts.set(table, (counts.get(table) ?? 0) + 1)
  }
  return counts
}

/** Imports are told apart by nothing here but how often they are referred to. */
const countsOf = (model: Model): string[] =>
  [...model.counts()].map(([id, count]) => `${isImport(id) ? 'import' : id} ${count}`).sort()

function countsIn(rows: readonly string[], nameIn: (vref: string) => string): string[] {
  const counts: string[] = []
  for (const row of rows) {
    const found = /^count\.(o-|o\+[dv][1-9]\d+\/)(\S+) (\d+)$/.exec(row)
    if (found !== null)
      counts.push(`${found[1] === 'o-' ? 'import' : nameIn(`${found[1]}${found[2]}`)} ${found[3]}`)
  }
  return counts.sort()
}


/** A vat with durable data of every sort, for sweeps. */
import { sha256 } from '../../src/hashing/sha256.ts'
import type { SweepReport, SweptKind } from '../../src/host/index.ts'
import { openWorld, type Scope, type World } from '../kit/world.ts'

export const library = (version: 1 | 2, migrate = ''): string => `
import { defineKind, defineKindMulti, provide, M, watchPromise } from 'heirloom/vat'
const { makeScalarBigMapStore, makeScalarBigSetStore, makeScalarBigWeakMapStore, makeScalarBigWeakSetStore } = VatData

export const buildRootObject = (_powers, _parameters, baggage) => {
  const makeBook = defineKind(baggage, 'Book', (title, next) => ({ title, next, pages: 7n }),
    { title: ({ state }) => state.title },
    { ${version === 1 ? '' : `stateVersion: 2, migrate: { 1: ${migrate} },`} })
  const makeShelf = defineKindMulti(baggage, 'Shelf', (label) => ({ label }), {
    inside: { label: ({ state }) => state.label }, outside: { label: ({ state }) => state.label },
  }, { stateShape: { label: M.string() } })
  const makeWatcher = defineKind(baggage, 'Watcher', () => ({}), { onFulfilled: () => {} })
  const byTitle = provide(baggage, 'byTitle', () => makeScalarBigMapStore('byTitle', { durable: true }))
  const read = provide(baggage, 'read', () => makeScalarBigSetStore('read', { durable: true }))
  const notes = provide(baggage, 'notes', () => makeScalarBigWeakMapStore('notes', { durable: true }))
  const seen = provide(baggage, 'seen', () => makeScalarBigWeakSetStore('seen', { durable: true }))
  return Far('library', {
    add: (count) => {
      let last
      for (let at = 0; at < count; at += 1) {
        const book = makeBook('title ' + byTitle.getSize(), last)
        byTitle.init(book.title(), book)
        last = book
      }
    },
    tour: (visitor) => {
      const book = byTitle.get('title 0')
      const shelf = makeShelf('top')
      byTitle.init(3n, shelf.inside)
      byTitle.init(visitor, [null, -0.5, shelf.outside])
      for (const key of [book, 'x', 1, 2n, true, null, undefined, Symbol.for('s')]) read.add(key)
      notes.init(book, { note: ['good', visitor] })
      notes.init(visitor, 'a visitor')
      seen.add(book)
      watchPromise(new Promise(() => {}), makeWatcher(), 'first')
    },
    wait: (promise) => {
      const watcher = makeWatcher()
      for (const word of ['one', 'two', 'three']) watchPromise(promise, watcher, word)
    },
  })
}`

const idle = `export const buildRootObject = () => Far('visitor', { never: () => new Promise(() => {}) })`

export async function libraryOf(scope: Scope, books: number): Promise<World> {
  const vats = { library: { source: library(1) }, visitor: { source: idle } }
  const world = await openWorld(scope, { vats })
  await world.ask('library', 'add', books)
  await world.controller.commit()
  return world
}

export function kindOf({ kinds }: SweepReport, name: string): SweptKind {
  const found = kinds.find(({ kind }) => kind === name)
  if (found === undefined) throw new Error(`no ${name} in ${kinds.map(({ kind }) => kind).join(', ')}`)
  return found
}

/** Each failure as `vref property code`. */
export const failuresOf = ({ failures }: SweptKind): readonly string[] =>
  failures.map(({ vref, property, code }) => `${vref} ${property ?? '-'} ${code}`)

/** The state of everything that a sweep must not change. */
export async function everything(world: World): Promise<unknown> {
  const image = sha256(await world.imageOf('library'))
  const { activityHash, cranks } = await world.controller.storeStatus()
  return { image, activityHash, cranks }
}

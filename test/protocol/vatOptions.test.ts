/** The table of the options of vats: what each results in, what it refuses, and which exclude each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  optionsOf,
  readSettings,
  vatOptions,
  type ContextOption,
  type OptionsPlace,
  type VatOptionName,
  type VatSettings,
} from '../../src/protocol/host/vatOptions.ts'

const mib = 1024 * 1024
const never = { collection: { deliveries: 'never', references: 'never' } } as const

/** A right value of each option, the settings from it, and a wrong value. */
const examples: Readonly<
  Record<Exclude<VatOptionName, ContextOption>, readonly [right: unknown, VatSettings, wrong: unknown]>
> = {
  parameters: [null, { parameters: null }, undefined],
  vatParameters: [5n, { parameters: 5n }, undefined],
  computronsPerDelivery: [2n ** 62n, { computronsPerDelivery: String(2n ** 62n) }, 2n ** 62n + 1n],
  heapLimitBytes: [8 * mib, { heapLimitBytes: 8 * mib }, 8 * mib - 1],
  storageLimit: [65_536, { storageLimit: 65_536 }, 65_535],
  collection: [
    { deliveries: 5n, references: 'never', computrons: 7n },
    { collection: { deliveries: 5, references: 'never', computrons: '7' } },
    { cranks: 5 },
  ],
  reapInterval: [3, { collection: { deliveries: 3 } }, 0],
  reapGCKrefs: ['never', { collection: { references: 'never' } }, 'seldom'],
  neverReap: [true, never, 'yes'],
  onFault: ['suspend', { onFault: 'suspend' }, 'retry'],
  upgradeMessage: ['', { upgradeMessage: '' }, '\ud800'],
  mode: ['auto', { mode: 'auto' }, 'fast'],
  parametersFrom: ['kept', { parametersFrom: 'kept' }, null],
  onFailure: ['keep', { onFailure: 'keep' }, 'shrug'],
  drain: [{ maxCranks: 1_000_000n }, { drain: { maxCranks: 1_000_000 } }, {}],
  abandonKinds: [['Coin'], { abandonKinds: ['Coin'] }, 'Coin'],
  managerType: ['xs-worker', {}, 'clay'],
  virtualObjectCacheSize: [0n, {}, -1n],
  description: ['', {}, 5],
  enablePipelining: [false, {}, 'yes'],
  nodeOptions: [['--x'], {}, '--x'],
  useTranscript: [true, {}, false],
  enableSetup: [false, {}, true],
  enableVatstore: [false, {}, true],
  enableDisavow: [false, {}, true],
}

const placesOf = (name: string): readonly OptionsPlace[] =>
  (['createVat', 'upgrade', 'changeOptions', 'configuration'] as const).filter((place) =>
    optionsOf(place).includes(name),
  )

for (const [name, [right, settings, wrong]] of Object.entries(examples)) {
  test(`${name} results in the same wherever it is accepted, and is refused with what is wanted`, () => {
    const places = placesOf(name)
    assert.notEqual(places.length, 0)
    for (const place of places) {
      assert.deepEqual(readSettings(place, { [name]: right }, {}), { kind: 'settings', settings })
      const read = readSettings(place, { [name]: wrong }, {})
      // Anything is right for parameters, and undefined is an option that is left out.
      if (wrong === undefined) assert.deepEqual(read, { kind: 'settings', settings: {} })
      else assert.deepEqual([read.kind, 'option' in read && read.option], ['wrong', name])
    }
  })
}

test('options that choose nothing leave no settings', () => {
  for (const [place, given] of [
    ['createVat', { neverReap: false }],
    ['upgrade', { abandonKinds: [] }],
    ['configuration', { reapInterval: undefined }],
  ] as const)
    assert.deepEqual(readSettings(place, given, {}), { kind: 'settings', settings: {} })
})

test('names for the parts of one setting are taken together, and names for the same part are not', () => {
  assert.deepEqual(readSettings('configuration', { reapInterval: 5, reapGCKrefs: 2 }, {}), {
    kind: 'settings',
    settings: { collection: { deliveries: 5, references: 2 } },
  })
  for (const [place, given, option, other] of [
    ['createVat', { parameters: 1n, vatParameters: 1n }, 'vatParameters', 'parameters'],
    ['createVat', { reapInterval: 5, collection: {} }, 'reapInterval', 'collection'],
    ['configuration', { reapGCKrefs: 5, collection: {} }, 'reapGCKrefs', 'collection'],
    ['configuration', { neverReap: false, reapInterval: 5 }, 'neverReap', 'reapInterval'],
    ['configuration', { neverReap: false, reapGCKrefs: 5 }, 'neverReap', 'reapGCKrefs'],
  ] as const)
    assert.deepEqual(readSettings(place, given, {}), { kind: 'doubled', option, other })
})

test('what options inherit is not an option', () => {
  for (const place of ['createVat', 'upgrade', 'changeOptions', 'configuration'] as const)
    assert.deepEqual(readSettings(place, Error('x'), {}), { kind: 'settings', settings: {} }, place)
})

test('an option sets what the table says that it sets', () => {
  for (const [name, [right]] of Object.entries(examples)) {
    const read = readSettings(placesOf(name)[0] ?? 'createVat', { [name]: right }, {})
    assert.ok(read.kind === 'settings')
    const { collection = {}, ...others } = read.settings
    const set = [...Object.keys(others), ...Object.keys(collection).map((part) => `collection.${part}`)]
    const said: readonly string[] = new Map(Object.entries(vatOptions)).get(name)?.sets ?? []
    assert.deepEqual(set.sort(), [...said].sort(), name)
  }
})

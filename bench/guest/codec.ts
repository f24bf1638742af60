/**
 * A supervisor for one measurement: our codec and `@endo/marshal` side by side in one heap.
 * Each delivery is the name of a job and how often it is to be done.
 */
import './world.ts'
import { makeMarshal } from '@endo/marshal'
import { makeCallEncoder } from '../../src/codec/smallcaps.ts'
import { makeDecoder } from '../../src/codec/smallcapsDecode.ts'

const remote = (): object => harden(Object.create(Object.create(Object.prototype, {
  [Symbol.for('passStyle')]: { value: 'remotable' },
  [Symbol.toStringTag]: { value: 'Alleged: purse' },
}) as object) as object)
const purse = remote()
const args = harden([{ from: purse, amount: 1_000n, memo: 'rent' }])
const message = harden(['transfer', args])

// As the supervisor encodes messages: what is copied need not be frozen.
const encode = makeCallEncoder(
  {
    classify: (value) => (value === purse ? 'remotable' : undefined),
    slotOf: () => 'o+5',
    interfaceOf: () => 'Alleged: purse',
  },
  { checkFrozen: false },
)
const decode = makeDecoder({ valueOf: () => purse }, harden)
const marshal = makeMarshal(
  () => 'o+5',
  () => purse,
  { serializeBodyFormat: 'smallcaps', errorTagging: 'off' },
)
const data = encode('transfer', args)
if (data.body !== marshal.toCapData(message as never).body) throw new Error('the two do not agree')

const jobs: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  encode: () => encode('transfer', args),
  decode: () => decode(data),
  marshalEncode: () => marshal.toCapData(message as never),
  marshalDecode: () => marshal.fromCapData(data as ReturnType<typeof marshal.toCapData>),
}

Object.assign(globalThis, {
  hostEntries: {
    dispatch(job: string, times: string): void {
      const work = jobs[job]
      if (work === undefined) throw new Error(`no job ${job}`)
      for (let done = 0; done < Number(times); done += 1) work()
    },
    finish: (): string => '',
  },
})

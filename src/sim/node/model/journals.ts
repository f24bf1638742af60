/** Rules of what vats have heard and received. */
import type { JsonValue } from '../../../protocol/node/fields.ts'
import { canonicalJson } from '../../../protocol/node/transaction.ts'
import type { Line, Observation } from '../run/observation.ts'
import { vatNames } from '../script/script.ts'
import type { KernelModel } from './kernelModel.ts'
import type { ModelSend, ModelState } from './state.ts'

/** Nr5. */
export function judgeHearing(state: ModelState, { journals }: Observation): void {
  const journal = journals['bank']
  if (journal === null || journal === undefined) return state.find('hearing (Nr5)', 'the vat does not answer')
  const heard = journal.filter(([kind]) => kind === 'h')
  for (const [at, [, number, item]] of heard.entries()) {
    if (number !== at + 1) return state.find('hearing (Nr5)', `item ${at + 1} is heard under the number ${String(number)}`)
    const wanted = state.items[at]
    if (wanted === undefined) return state.find('hearing (Nr5)', `item ${at + 1} is heard, and is of no change`)
    if (canonicalJson(item) !== canonicalJson(wanted))
      return state.find('hearing (Nr5)', `item ${at + 1} is ${canonicalJson(item)}, not ${canonicalJson(wanted)}`)
  }
  const first = state.sends.find(({ method }) => method === 'report')?.height ?? 0
  const least = state.itemsAt.get(first - 1) ?? 0
  if (heard.length < least) state.find('hearing (Nr5)', `${least} items were owed, and ${heard.length} heard`)
}

/** Nr9. */
export function judgeMessages(state: ModelState, kernel: KernelModel, seen: Observation): void {
  for (const [vat, lines] of Object.entries(seen.journals)) {
    if (lines !== null) judgeOrder(state, kernel, vat, lines)
    else if (!kernel.terminated.has(vat)) state.find('messages (Nr9)', `${vat} does not answer`)
  }
  for (const send of state.sends) judgeAnswer(state, kernel, send, seen)
}

function judgeOrder(state: ModelState, kernel: KernelModel, vat: string, lines: readonly Line[]): void {
  const sent = state.sends.filter((send) => send.vat === vat)
  const known = new Map(sent.map((send) => [send.n, send]))
  const received = lines.filter(([kind]) => kind === 'n').map(([, n]) => Number(n))
  const times = new Map<number, number>()
  for (const n of received) times.set(n, (times.get(n) ?? 0) + 1)
  for (const [n, count] of times) {
    if (!known.has(n)) state.find('messages (Nr9)', `${vat} has received message ${n}, which was not accepted`)
    else if (count > 1) state.find('messages (Nr9)', `${vat} has received message ${n} ${count} times`)
  }
  for (const { n, method } of sent)
    if (!times.has(n) && method !== 'report')
      state.find('messages (Nr9)', `message ${n} to ${vat} was accepted, and not received`)
  const wanted = sent.filter(({ n }) => times.has(n) && !kernel.putBack.has(n)).map(({ n }) => n)
  const found = received.filter((n) => known.has(n) && !kernel.putBack.has(n))
  const differs = wanted.findIndex((n, at) => n !== found[at])
  if (differs >= 0) state.find('messages (Nr9)', `${vat} has received message ${found[differs]} where ${wanted[differs]} comes`)
}

function judgeAnswer(
  state: ModelState,
  kernel: KernelModel,
  { n, hash, vat, method, args }: ModelSend,
  { answers }: Observation,
): void {
  const answer = answers[hash] as { readonly kind: string; readonly value?: JsonValue } | null | undefined
  // Results are kept for some heights only.
  if (answer === null || answer === undefined || method === 'report') return
  if (kernel.terminated.has(vat) && answer.kind === 'rejected') return
  const isThere = (vatNames as readonly string[]).includes(vat)
  const wanted = method === 'fail' || !isThere ? 'rejected' : 'fulfilled'
  const place = `message ${n} to ${vat}`
  if (answer.kind !== wanted)
    return state.find('messages (Nr9)', `${place} is ${JSON.stringify(answer)}, not ${wanted}`)
  const value = method === 'note' ? args[1] : method === 'burn' ? undefined : n
  const [found, known] = [JSON.stringify(answer.value), JSON.stringify(value)]
  if (wanted === 'fulfilled' && value !== undefined && found !== known)
    state.find('messages (Nr9)', `${place} is answered with ${found}, not ${known}`)
}

/** Nr10: incarnations begin as votes have asked for them, each before the messages of its block. */
export function judgePrecedence(state: ModelState, kernel: KernelModel, { journals }: Observation): void {
  for (const [vat, lines] of Object.entries(journals)) {
    if (lines === null) continue
    const upgrades = upgradesOf(kernel, vat)
    const begun = lines.flatMap(([kind, version], at) =>
      kind === 'v' ? [{ version: String(version), at }] : [],
    )
    const found = begun.map(({ version }) => version)
    const wanted = ['version-1', ...upgrades.map(({ version }) => version)]
    if (found.join() !== wanted.join()) {
      state.find('precedence (Nr10)', `the incarnations of ${vat} are ${found.join()}, not ${wanted.join()}`)
      continue
    }
    const heights = new Map(state.sends.map(({ n, height }) => [n, height]))
    for (const [index, { height }] of upgrades.entries()) {
      const before = lines.slice(0, begun[index + 1]?.at)
      const early = before.find(([kind, n]) => kind === 'n' && (heights.get(Number(n)) ?? 0) >= height)
      if (early !== undefined)
        state.find(
          'precedence (Nr10)',
          `${vat} has received message ${String(early[1])} before its upgrade of height ${height}`,
        )
    }
  }
}

/** The upgrades of a vat that have made an incarnation, in order. */
function upgradesOf(
  kernel: KernelModel,
  vat: string,
): readonly { readonly version: string; readonly height: number }[] {
  const all = kernel.upgrades.filter((each) => each.vat === vat)
  all.sort((one, other) => one.operation - other.operation)
  let running = 'version-1'
  return all.filter(({ version, isPlan }) => {
    const isSkipped = isPlan && version === running
    running = version
    return !isSkipped
  })
}

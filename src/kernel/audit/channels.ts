/**
 * The audit's definitions of the tables of ports and of the timer.
 *
 * Ac1. A port counts its items: waiting, failed, not yet acknowledged by the host, and received with a
 *      reaction still to come.
 * Ac2. A wakeup has an alarm at its time, an answer that it waits for or a notifier, and a row for its token.
 *      No other alarms or tokens exist.
 */
import { fromOrderedNumber, orderedNumber } from '../../base/ordered.ts'
import type { KernelAuditCode } from '../../protocol/reports/audit.ts'
import type { PortRecord, Wakeup } from '../tables/records.ts'
import { table, type Auditing, type AuditedTable, type Place } from './table.ts'
import type { Tally } from './tally.ts'
import {
  countOf,
  dataOf,
  emptyOf,
  portOf,
  reactionOf,
  sentOf,
  serviceOf,
  timeOf,
  wakeupOf,
} from '../tables/values.ts'

/** Checks that the row's count equals the tally under this name. */
function agree(auditing: Auditing, { key }: Place, code: KernelAuditCode, name: string, said: number): void {
  const counted = auditing.tally.channels.of(name)
  if (counted !== said) auditing.find(code, key, `${key} says ${said} of ${name}; counted are ${counted}`)
}

/** Items at a port; their port must exist. */
const items = (
  word: string,
): Pick<AuditedTable, 'key'> & {
  count(tally: Tally, place: Place): void
  check(auditing: Auditing, place: Place): void
} => ({
  key: new RegExp(`^${word}\\.([A-Za-z][A-Za-z0-9._-]*) ([a-z]\\d+)$`),
  count: (tally, { parts: [port = ''] }) => tally.channels.add(`${word} ${port}`),
  check(auditing, { key, parts: [port = ''] }) {
    if (!auditing.has(`port.${port}`))
      auditing.find('port/missing', key, `${key} is of ${port}, and there is no such port`)
  },
})

function dataItems(word: string): AuditedTable {
  const { key, count, check } = items(word)
  return table({
    key,
    read: dataOf,
    count(tally, place, data) {
      count(tally, place)
      tally.data(data)
    },
    check,
  })
}

function checkPort(auditing: Auditing, place: Place, { object, ...record }: PortRecord): void {
  const [name = ''] = place.parts
  const { waiting, failures, sent, acknowledged, unsettled } = record
  if (!auditing.has(`service.${object}`))
    auditing.find('service/missing', place.key, `${place.key} is ${object}, which has no service`)
  agree(auditing, place, 'port/count', `in ${name}`, waiting)
  agree(auditing, place, 'port/count', `failed ${name}`, failures)
  agree(auditing, place, 'port/count', `out ${name}`, sent - acknowledged)
  agree(auditing, place, 'port/count', `received ${name}`, unsettled)
}

const out = items('out')

export const portTables: readonly AuditedTable[] = [
  table({
    key: /^port\.(.+)$/,
    read: portOf,
    count(tally, _place, { object, handler }) {
      tally.refer(object)
      if (handler !== null) tally.refer(handler)
    },
    check: checkPort,
  }),
  dataItems('in'),
  dataItems('failed'),
  table({
    key: out.key,
    read: sentOf,
    count(tally, place, { slots }) {
      out.count(tally, place)
      for (const slot of slots) tally.refer(slot)
    },
    check: out.check,
  }),
  table({
    key: /^reaction\.(kp[1-9]\d*)$/,
    read: reactionOf,
    count(tally, { parts: [kref = ''] }, reaction) {
      tally.refer(kref)
      tally.channels.add(
        reaction.kind === 'received' ? `received ${reaction.port}` : `woken ${reaction.wakeup}`,
      )
    },
  }),
]

function countWakeup(tally: Tally, { parts: [id = ''] }: Place, wakeup: Wakeup): void {
  tally.highest.raise('wakeup', Number(id))
  // The promise is decided by the timer, like the result of a message.
  if (wakeup.kind === 'promise' || wakeup.kind === 'update') tally.result(wakeup.promise)
  else if (wakeup.kind !== 'notifier') tally.refer(wakeup.handler)
  if (wakeup.kind === 'update' && wakeup.iterator !== null) tally.refer(wakeup.iterator)
  if (wakeup.token === null) return
  if (wakeup.kind !== 'notifier') tally.refer(wakeup.token)
  tally.channels.add(`tokens ${wakeup.token}`)
}

function checkWakeup(auditing: Auditing, { key, parts: [id = ''] }: Place, wakeup: Wakeup): void {
  const { kind, due, token } = wakeup
  const ordered = orderedNumber(Number(id))
  if (due !== null && !auditing.has(`alarm.${orderedNumber(BigInt(due))}.${ordered}`))
    auditing.find('wakeup/alarm', key, `${key} is for ${due}, and there is no alarm`)
  if (kind === 'notifier') checkNotifier(auditing, key, Number(id), wakeup)
  else if (due === null && auditing.tally.channels.of(`woken ${id}`) !== 1)
    auditing.find('wakeup/alarm', key, `${key} waits for an answer that will not come`)
  if (token !== null && !auditing.has(`token.${token}.${ordered}`))
    auditing.find('wakeup/token', key, `${key} cannot be cancelled by its token ${token}`)
}

/** A notifier and its wakeup refer to each other: neither exists alone. */
function checkNotifier(
  auditing: Auditing,
  key: string,
  id: number,
  { notifier }: Extract<Wakeup, { kind: 'notifier' }>,
): void {
  const service = serviceOf(auditing.get(`service.${notifier}`) ?? '')
  if (service?.kind !== 'timerNotifier' || service.wakeup !== id)
    auditing.find('wakeup/token', key, `${key} is of the notifier ${notifier}, which has another wakeup`)
}

/** The wakeup of a row of alarms or tokens. */
function wakeupOfRow(auditing: Auditing, id: string): Wakeup | undefined {
  const text = auditing.get(`wakeup.${fromOrderedNumber(id)}`)
  return text === undefined ? undefined : wakeupOf(text)
}

export const wakeupTables: readonly AuditedTable[] = [
  table({ key: /^time$/, read: timeOf }),
  table({ key: /^waking$/, read: emptyOf }),
  table({ key: /^wakeup\.([1-9]\d*)$/, read: wakeupOf, count: countWakeup, check: checkWakeup }),
  table({
    key: /^alarm\.[a-z](\d+)\.([a-z]\d+)$/,
    read: emptyOf,
    check(auditing, { key, parts: [due, id = ''] }) {
      if (wakeupOfRow(auditing, id)?.due !== due)
        auditing.find('wakeup/alarm', key, `${key} is for no wakeup of this time`)
    },
  }),
  table({
    key: /^token\.(ko[1-9]\d*)\.([a-z]\d+)$/,
    read: emptyOf,
    check(auditing, { key, parts: [token, id = ''] }) {
      if (wakeupOfRow(auditing, id)?.token !== token)
        auditing.find('wakeup/token', key, `${key} cancels no wakeup`)
    },
  }),
  table({
    key: /^tokens\.(ko[1-9]\d*)$/,
    read: countOf,
    check: (auditing, place, said) =>
      agree(auditing, place, 'wakeup/token', `tokens ${place.parts[0] ?? ''}`, said),
  }),
]

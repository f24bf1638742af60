/**
 * The clock of the timer, which reads the time but schedules nothing, and the brand of its times.
 *
 * | of the clock            | answer                             |
 * |-------------------------|------------------------------------|
 * | `getCurrentTimestamp()` | the time                           |
 * | `getTimerBrand()`       | the brand                          |
 *
 * | of the brand            | answer                             |
 * |-------------------------|------------------------------------|
 * | `isMyTimerService(it)`  | whether it is the timer            |
 * | `isMyClock(it)`         | whether it is the clock            |
 */
import { encode, Reference } from '../../objects/kernelValues.ts'
import type { Service, ServiceRoot } from '../../tables/records.ts'
import { provideService } from '../../objects/roots.ts'
import {
  answer,
  objectOf,
  type ServiceCall,
  type Methods,
  type Reply,
  type ServiceParts,
} from '../service.ts'
import { timerBrandReference as brandOf, timestamp } from '../../external/timestamps.ts'

export const getCurrentTimestamp = ({ tables, wakeups }: ServiceParts): Reply =>
  answer(encode(timestamp(tables, wakeups.now)))
export const getTimerBrand = ({ tables }: ServiceParts): Reply => answer(encode(brandOf(tables)))
export const getClock = ({ tables }: ServiceParts): Reply =>
  answer(encode(new Reference(provideService(tables, 'timerClock'), 'Alleged: timerClock')))

export const timerClock: Methods<Extract<Service, { kind: 'timerClock' }>> = {
  getCurrentTimestamp,
  getTimerBrand,
}

export const timerBrand: Methods<Extract<Service, { kind: 'timerBrand' }>> = {
  isMyTimerService: (parts, _brand, asked) => isService(parts, 'timer', asked),
  isMyClock: (parts, _brand, asked) => isService(parts, 'timerClock', asked),
}

function isService({ tables }: ServiceParts, root: ServiceRoot, { args: [given] }: ServiceCall): Reply {
  const object = objectOf(given)
  return answer(encode(object !== undefined && object === tables.serviceRoot(root)))
}

/** How far the replay of a vat is that a step of a plan does, and how long the rest of it takes. */
import type { Controller, ReplayInWork } from '../../../host/index.ts'
import { formatCount } from '../text/counts.ts'

type Names = ReadonlyMap<string, string>

export class ReplayClock {
  readonly #controller: Pick<Controller, 'replayInWork'>
  readonly #names: Names
  /** The first look at the present replay. */
  #first: { readonly replay: ReplayInWork; readonly at: number } | undefined

  private constructor(controller: Pick<Controller, 'replayInWork'>, names: Names) {
    this.#controller = controller
    this.#names = names
  }

  static async of(controller: Controller): Promise<ReplayClock> {
    const names = (await controller.vats()).map(({ vat, name }) => [vat, name] as const)
    return new ReplayClock(controller, new Map(names))
  }

  /** Null while nothing is replayed. */
  text(): string | null {
    const replay = this.#controller.replayInWork()
    if (replay === null) {
      this.#first = undefined
      return null
    }
    const { vat, deliveries, ofDeliveries } = replay
    const name = this.#names.get(vat) ?? vat
    const share = `${formatCount(deliveries)} of ${formatCount(ofDeliveries)} deliveries`
    return `replaying ${name}: ${share}${this.#leftText(replay)}`
  }

  /** By the speed since the first look. */
  #leftText(replay: ReplayInWork): string {
    const now = performance.now()
    const first = this.#first
    const isSame = first?.replay.vat === replay.vat && first.replay.deliveries < replay.deliveries
    if (first === undefined || !isSame) {
      this.#first = { replay, at: now }
      return ''
    }
    const perDelivery = (now - first.at) / (replay.deliveries - first.replay.deliveries)
    const seconds = (perDelivery * (replay.ofDeliveries - replay.deliveries)) / 1000
    return `, ${Math.ceil(seconds)} s left`
  }
}

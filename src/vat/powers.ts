/** The arguments of `buildRootObject` and `bootstrap`. */
import type { Baggage } from './kinds/kindTypes.ts'
import type { Port } from './ports.ts'
import type { TimerService } from './timer.ts'
import type { VatAdmin, VatAdminRoot } from './vatAdmin.ts'

/** Reads an installed bundle. */
export interface BundleReader {
  /** The bundle, for `@endo/import-bundle`. */
  getBundle(): unknown
  getBundleID(): string
}

/** Powers of the vat over itself: the first argument of `buildRootObject`. */
export interface VatPowers {
  /**
   * Exports an object of the heap under a label, so that an heir can replace it. Call it before the object
   * leaves the vat.
   */
  nameExport(label: string, remotable: object): void
  /** In the heir, before `buildRootObject` returns: replaces the named export of that label. */
  reconnectExport(label: string, remotable: object): void
  /** Ends the named export of that label: messages to it are rejected. */
  releaseExport(label: string): void
  /**
   * Reads an installed bundle, by its cap (`BundleCap`).
   * @throws TypeError for anything else
   */
  D(bundleCap: unknown): BundleReader
  /**
   * Writes a line that tests can read, with `kernel.testLog()` or `controller.testLog()`. It affects nothing
   * else.
   */
  testLog(...values: readonly unknown[]): void
  /**
   * Ends the vat with this delivery, whose effects stand. Promises for its end are fulfilled with the
   * completion.
   */
  exitVat(completion?: unknown): void
  /**
   * Ends the vat: this delivery is undone, and its message and all promises for the end are rejected with the
   * reason.
   */
  exitVatWithFailure(reason: unknown): void
}

/**
 * The type of the export `buildRootObject` of every vat. It may be asynchronous.
 *
 * ```ts
 * import { Far } from 'heirloom/vat'
 * import type { BuildRootObject } from 'heirloom/vat'
 *
 * export const buildRootObject: BuildRootObject<{ greeting: string }> = (_powers, { greeting }) =>
 *   Far('greeter', { greet: (name: string) => `${greeting}, ${name}` })
 * ```
 */
export type BuildRootObject<Parameters = unknown, Root extends object = object> = (
  vatPowers: VatPowers,
  parameters: Parameters,
  baggage: Baggage,
) => Root | Promise<Root>

/** The first argument of `bootstrap`: the roots of the configured vats by name, and the kernel's services. */
export type BootstrapVats<Vats = unknown> = Vats & {
  readonly vatAdmin: VatAdminRoot
  readonly timer: TimerService
}

/**
 * The second argument of `bootstrap`: the services once more, for vats that pass them on as SwingSet's do.
 */
export interface BootstrapDevices {
  readonly vatAdmin: VatAdmin
  readonly timer: TimerService
}

/** The third argument of `bootstrap`. */
export interface BootstrapPowers<Ports extends string = string> {
  /** The configured ports, by name. */
  readonly ports: Readonly<Record<Ports, Port>>
}

/**
 * What the benchmark uses of SwingSet. Its packages are installed for this benchmark only, so the compiler
 * never sees them.
 */

export interface PeerBundles {
  /** By the name of the source. */
  readonly vats: Readonly<Record<string, object>>
  readonly kernel: { readonly kernel: object } & Readonly<Record<string, object>>
}

export interface CapData {
  readonly body: string
  readonly slots: readonly string[]
}

export interface RunPolicy {
  allowCleanup(): boolean
  vatCreated(): boolean
  crankComplete(): boolean
  crankFailed(): boolean
  emptyCrank(): boolean
}

export interface SwingsetController {
  run(policy: RunPolicy): Promise<number>
  shutdown(): Promise<void>
  reapAllVats(): void
  snapshotAllVats(): Promise<void>
  queueToVatRoot(vat: string, method: string, args: unknown[], policy: 'ignore'): string
  kpStatus(kpid: string): 'unresolved' | 'fulfilled' | 'rejected'
  kpResolution(kpid: string): CapData
  vatNameToID(name: string): string
  pinVatRoot(name: string): void
}

export interface SnapshotInfo {
  readonly snapPos: number
  readonly compressedSize: number
}

export interface KernelStorage {
  readonly kvStore: {
    get(key: string): string | undefined
    getNextKey(key: string): string | undefined
  }
  readonly snapStore: {
    getSnapshotInfo(vat: string): SnapshotInfo | undefined
  }
}

export interface HostStorage {
  commit(): Promise<void>
  close(): Promise<void>
}

export interface SwingsetModule {
  buildKernelBundles(): Promise<PeerBundles['kernel']>
  initializeSwingset(
    config: object,
    bootstrapArgs: undefined,
    storage: KernelStorage,
    options: { readonly kernelBundles: object },
  ): Promise<string>
  makeSwingsetController(
    storage: KernelStorage,
    devices: object,
    options: {
      readonly kernelBundle: object
      readonly warehousePolicy: { readonly maxVatsOnline: number }
    },
  ): Promise<SwingsetController>
}

export interface SwingStoreModule {
  initSwingStore(path: string): { kernelStorage: KernelStorage; hostStorage: HostStorage }
  openSwingStore(path: string): { kernelStorage: KernelStorage; hostStorage: HostStorage }
}

export interface KmarshalModule {
  kunser(data: CapData): unknown
}

/** Loads a module of a package that the compiler does not know. */
export const load = <Module>(name: string): Promise<Module> => import(name) as Promise<Module>

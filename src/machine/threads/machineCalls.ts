/**
 * The calls of a machine, as one record: the machine's own, and those of its parts. The compiler checks that
 * every call of `MachineCalls` has its function.
 */
import type {
  CallArguments,
  CallName,
  ChannelCalls,
  FaultCalls,
  KernelUpgradeCalls,
  MachineCalls,
  PlanCalls,
  WorkerCalls,
} from '../../protocol/machine/calls.ts'
import type { CallOf } from '../../protocol/machine/messages.ts'
import type { Machine } from '../machine.ts'

/** A function for each call. */
export type CallTable = {
  readonly [Name in CallName]: (...args: CallArguments[Name]) => ReturnType<MachineCalls[Name]>
}

/** Calls a function of the table. */
export const callBy = <Name extends CallName>(
  calls: CallTable,
  { name, args }: Pick<CallOf<Name>, 'name' | 'args'>,
): ReturnType<MachineCalls[Name]> => calls[name](...args)

export function callsOf(machine: Machine): CallTable {
  const { requests, channels, collecting, hostState, preparations } = machine
  const { dryRuns, pruner, statistics, versions } = machine
  return {
    installBundle: (...args) => machine.installBundle(...args),
    readableStack: (...args) => machine.readableStack(...args),
    bundleNamed: (...args) => machine.bundleNamed(...args),
    run: (...args) => machine.run(...args),
    commit: (...args) => machine.commit(...args),
    vats: (...args) => machine.vats(...args),
    vat: (...args) => machine.vat(...args),
    vatAdmin: (...args) => machine.vatAdmin(...args),
    heapHash: (...args) => machine.heapHash(...args),
    getHostState: (...args) => hostState.get(...args),
    setHostState: (...args) => hostState.set(...args),
    listHostState: (...args) => hostState.list(...args),
    writeHostState: (...args) => hostState.write(...args),
    evictWorkers: (...args) => machine.evictWorkers(...args),
    setTrace: (...args) => machine.setTrace(...args),
    testLog: (...args) => machine.testLog(...args),
    status: (...args) => machine.status(...args),
    verify: (...args) => machine.verify(...args),
    audit: (...args) => machine.audit(...args),
    history: (...args) => machine.history(...args),
    cycles: (...args) => machine.cycles(...args),
    close: (...args) => machine.close(...args),
    createVat: (...args) => requests.createVat(...args),
    upgradeVat: (...args) => requests.upgradeVat(...args),
    send: (...args) => requests.send(...args),
    suspendVat: (...args) => requests.suspendVat(...args),
    resumeVat: (...args) => requests.resumeVat(...args),
    terminateVat: (...args) => requests.terminateVat(...args),
    changeVatOptions: (...args) => requests.changeVatOptions(...args),
    pauseKernel: (...args) => requests.pauseKernel(...args),
    resumeKernel: (...args) => requests.resumeKernel(...args),
    result: (...args) => requests.result(...args),
    whyPending: (...args) => requests.whyPending(...args),
    forget: (...args) => requests.forget(...args),
    lastRequest: (...args) => requests.lastRequest(...args),
    collectAll: (...args) => collecting.collectAll(...args),
    setCollection: (...args) => collecting.setCollection(...args),
    pin: (...args) => collecting.pin(...args),
    unpin: (...args) => collecting.unpin(...args),
    pins: (...args) => collecting.pins(...args),
    beginPreparation: (...args) => preparations.beginPreparation(...args),
    keepPreparation: (...args) => preparations.keepPreparation(...args),
    forgetPreparation: (...args) => preparations.forgetPreparation(...args),
    checkUpgrade: (...args) => dryRuns.checkUpgrade(...args),
    upgradeWarnings: (...args) => dryRuns.upgradeWarnings(...args),
    signature: (...args) => dryRuns.signature(...args),
    salvage: (...args) => dryRuns.salvage(...args),
    beginSweep: (...args) => dryRuns.beginSweep(...args),
    sweepPart: (...args) => dryRuns.sweepPart(...args),
    setRetention: (...args) => pruner.setRetention(...args),
    vatsWithoutReplay: (...args) => pruner.vatsWithoutReplay(...args),
    pruneRows: (...args) => pruner.pruneRows(...args),
    prunePages: (...args) => pruner.prunePages(...args),
    pruneBundles: (...args) => pruner.pruneBundles(...args),
    compactStore: (...args) => pruner.compactStore(...args),
    ...channelCallsOf(channels),
    ...workerCallsOf(versions),
    ...faultCallsOf(machine),
    ...kernelCallsOf(machine),
    ...planCallsOf(machine),
    stats: (...args) => statistics.stats(...args),
  }
}

const workerCallsOf = (versions: Machine['versions']): Pick<CallTable, keyof WorkerCalls> => ({
  installWorker: (...args) => versions.installWorker(...args),
  installWorkerPart: (...args) => versions.installWorkerPart(...args),
  workerBundle: (...args) => versions.workerBundle(...args),
  workers: (...args) => versions.workers(...args),
  worker: (...args) => versions.worker(...args),
  useWorker: (...args) => versions.useWorker(...args),
  retireWorker: (...args) => versions.retireWorker(...args),
  upgradeWorker: (...args) => versions.upgradeWorker(...args),
  startRollout: (...args) => versions.startRollout(...args),
  controlRollout: (...args) => versions.controlRollout(...args),
  rollout: (...args) => versions.rollout(...args),
  rolloutVats: (...args) => versions.rolloutVats(...args),
})

const faultCallsOf = ({ faults }: Machine): Pick<CallTable, keyof FaultCalls> => ({
  fault: (...args) => faults.fault(...args),
  waitingItems: (...args) => faults.waitingItems(...args),
  retryKernel: (...args) => faults.retryKernel(...args),
  setAside: (...args) => faults.setAside(...args),
  putBack: (...args) => faults.putBack(...args),
  setAsideItems: (...args) => faults.setAsideItems(...args),
  faultHistory: (...args) => faults.faultHistory(...args),
})

const kernelCallsOf = ({ kernelUpgrades: upgrades }: Machine): Pick<CallTable, keyof KernelUpgradeCalls> => ({
  installKernel: (...args) => upgrades.installKernel(...args),
  kernels: (...args) => upgrades.kernels(...args),
  checkKernel: (...args) => upgrades.checkKernel(...args),
  upgradeKernel: (...args) => upgrades.upgradeKernel(...args),
  kernelHistory: (...args) => upgrades.kernelHistory(...args),
})

const planCallsOf = ({ plans }: Machine): Pick<CallTable, keyof PlanCalls> => ({
  startPlan: (...args) => plans.startPlan(...args),
  advancePlan: (...args) => plans.advancePlan(...args),
  checkPlan: (...args) => plans.checkPlan(...args),
  pausePlan: (...args) => plans.pausePlan(...args),
  resumePlan: (...args) => plans.resumePlan(...args),
  abandonPlan: (...args) => plans.abandonPlan(...args),
  plan: (...args) => plans.plan(...args),
  planHistory: (...args) => plans.planHistory(...args),
})

const channelCallsOf = (channels: Machine['channels']): Pick<CallTable, keyof ChannelCalls> => ({
  openPort: (...args) => channels.openPort(...args),
  port: (...args) => channels.port(...args),
  portNames: (...args) => channels.portNames(...args),
  deliverItem: (...args) => channels.deliverItem(...args),
  receiveItems: (...args) => channels.receiveItems(...args),
  acknowledgeItems: (...args) => channels.acknowledgeItems(...args),
  portFailures: (...args) => channels.portFailures(...args),
  dismissFailures: (...args) => channels.dismissFailures(...args),
  advanceTime: (...args) => channels.advanceTime(...args),
  currentTime: (...args) => channels.currentTime(...args),
  timer: (...args) => channels.timer(...args),
  provided: (...args) => channels.provided(...args),
  bootstrapResult: (...args) => channels.bootstrapResult(...args),
})

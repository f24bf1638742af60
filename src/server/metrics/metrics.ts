/**
 * The metrics of a node: names begin with `heirloom_`, units are base units, and no label has values that
 * accounts or vats choose. Each server has a registry of its own.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { openPorts, owedCount, type Sequencer } from '../../node/index.ts'
import type { SpanCounts } from '../telemetry/telemetry.ts'
import { resultCodes } from '../../protocol/node/resultCodes.ts'

/** What metrics say that the sequencer does not know. */
export interface MetricSources {
  readonly sequencer: Sequencer
  readonly version: string
  readonly openStreams: () => number
  readonly spanCounts: () => SpanCounts
}

const kernelStates = ['ready', 'faulted', 'paused', 'migrating'] as const
const sequencerStates = ['running', 'stopped', 'halted', 'failing'] as const
const blockSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export class Metrics {
  readonly #registry = new Registry()
  readonly #sources: MetricSources
  readonly #end: () => void

  constructor(sources: MetricSources) {
    this.#sources = sources
    this.#end = this.#countBlocks()
    this.#chainGauges()
    this.#stateGauges()
    this.#workGauges()
    this.#countSpans()
  }

  /** The text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** Stops listening to blocks. */
  close(): void {
    this.#end()
    this.#registry.clear()
  }

  #countBlocks(): () => void {
    const registers = [this.#registry]
    const duration = new Histogram({
      name: 'heirloom_block_seconds',
      help: 'How long a block took, from its delivery to its commit.',
      buckets: blockSeconds,
      registers,
    })
    const transactions = new Counter({
      name: 'heirloom_transactions_total',
      help: 'Transactions of committed blocks, by the code of the result.',
      labelNames: ['code'],
      registers,
    })
    for (const code of Object.keys(resultCodes)) transactions.inc({ code }, 0)
    const events = this.#counter('heirloom_events_total', 'Events of committed blocks.')
    return this.#sources.sequencer.onCommit((result, milliseconds) => {
      duration.observe(milliseconds / 1_000)
      for (const { code } of result.results) transactions.inc({ code })
      events.inc(result.events.length)
    })
  }

  #chainGauges(): void {
    const { sequencer, version } = this.#sources
    this.#gauge(
      'heirloom_height',
      'The height of the last committed block.',
      () => sequencer.application.info.height,
    )
    this.#gauge(
      'heirloom_block_time_seconds',
      'The time of the last committed block, in seconds since 1970.',
      () => sequencer.application.info.time / 1_000,
    )
    const build = new Gauge({
      name: 'heirloom_build_info',
      help: 'Always 1; the label is the version of the release.',
      labelNames: ['version'],
      registers: [this.#registry],
    })
    build.set({ version }, 1)
  }

  #stateGauges(): void {
    const { sequencer } = this.#sources
    this.#states('heirloom_kernel_state', 'The state of the kernel: 1 for the one it is in.', kernelStates, () => {
      const { state = 'ready' } = kernelOf(sequencer)
      return state
    })
    this.#states(
      'heirloom_sequencer_state',
      'What the blocks are doing: 1 for the state they are in.',
      sequencerStates,
      () => sequencer.state.kind,
    )
  }

  #workGauges(): void {
    const { sequencer, openStreams } = this.#sources
    this.#gauge('heirloom_mempool_transactions', 'Transactions that wait for a block.', () => sequencer.waiting)
    this.#gauge(
      'heirloom_backlog_messages',
      'Messages to vats that wait for the kernel.',
      () => kernelOf(sequencer).backlog,
    )
    this.#gauge(
      'heirloom_run_queue_items',
      'The length of the run-queue after the last block.',
      () => kernelOf(sequencer).queued ?? 0,
    )
    this.#gauge('heirloom_owed_items', 'Items for ports that the kernel has not got.', () => {
      const { state } = sequencer.application
      return openPorts(state).reduce((sum, port) => sum + owedCount(state, port), 0)
    })
    this.#gauge(
      'heirloom_block_under_way_seconds',
      'How long the block under way has been running; 0 between two blocks.',
      () => (sequencer.underWay?.since ?? 0) / 1_000,
    )
    this.#gauge('heirloom_event_streams', 'Open event streams.', openStreams)
  }

  #countSpans(): void {
    const { spanCounts } = this.#sources
    new Counter({
      name: 'heirloom_spans_total',
      help: 'Spans for the collector: sent, or dropped because the queue was full or the collector failed.',
      labelNames: ['outcome'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [outcome, count] of Object.entries(spanCounts())) this.inc({ outcome }, count)
      },
    })
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value())
      },
    })
  }

  #states(name: string, help: string, states: readonly string[], current: () => string): void {
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers: [this.#registry],
      collect() {
        const now = current()
        for (const state of states) this.set({ state }, state === now ? 1 : 0)
      },
    })
  }
}

interface KernelView {
  readonly state?: string
  readonly queued?: number
  readonly backlog: number
}

/** The answer of a query of our own module. */
const kernelOf = (sequencer: Sequencer): KernelView =>
  sequencer.application.query('kernel/status').value as { readonly backlog: number }

/**
 * A span of OpenTelemetry for each block, with spans for its parts.
 *
 * Tel1. A block has a span when its commit has returned, and once: a block that fails and is delivered again
 *       has none before, and one that was committed before a restart is never delivered again.
 * Tel2. Spans are made after the block, from times that were noted meanwhile. They change no block, and no
 *       block waits for them.
 */
import {
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type HrTime,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { BlockResult, BlockTimeline, Sequencer, TimelineEntry } from '../../node/index.ts'

/** Makes a span for each block that the sequencer commits. Returns what ends that. */
export const traceBlocks = (sequencer: Sequencer, tracer: Tracer): (() => void) =>
  sequencer.onCommit((result, _milliseconds, timeline) => {
    const { began, took } = timeline
    const attributes = attributesOf(sequencer, result, timeline)
    const block = tracer.startSpan('heirloom.block', { root: true, startTime: hrTime(began), attributes })
    if (block.isRecording()) traceParts(tracer, block, timeline)
    block.end(hrTime(began + took))
  })

function attributesOf({ application }: Sequencer, result: BlockResult, { work }: BlockTimeline): Attributes {
  const attributes: Attributes = {
    'heirloom.chain': application.info.chain,
    'heirloom.block.height': result.height,
    'heirloom.block.app_hash': result.appHash,
    'heirloom.block.transactions': result.results.length,
    'heirloom.block.events': result.events.length,
    ...(work === null ? {} : workOf(work)),
  }
  for (const { code } of result.results) {
    const name = `heirloom.block.code.${code}`
    attributes[name] = Number(attributes[name] ?? 0) + 1
  }
  return attributes
}

/** Computrons of a block are fewer than 2^53: its budget is a number. */
const workOf = ({ cranks, deliveries, computrons }: NonNullable<BlockTimeline['work']>): Attributes => ({
  'heirloom.block.cranks': cranks,
  'heirloom.block.deliveries': deliveries,
  'heirloom.block.computrons': Number(computrons),
})

/** The parts one after the other; the operations of a block are below one part. */
function traceParts(tracer: Tracer, block: Span, { began, entries, took }: BlockTimeline): void {
  const inBlock = trace.setSpan(ROOT_CONTEXT, block)
  let part: { readonly phase: string; readonly span: Span; readonly inside: Context } | undefined
  for (const [index, entry] of entries.entries()) {
    const startTime = hrTime(began + entry.after)
    if (part?.phase !== entry.phase) {
      part?.span.end(startTime)
      const span = tracer.startSpan(`heirloom.block.${nameOf(entry)}`, { startTime }, inBlock)
      part = { phase: entry.phase, span, inside: trace.setSpan(inBlock, span) }
    }
    if (entry.operation === null) continue
    const attributes = { 'heirloom.operation.kind': entry.operation }
    const operation = tracer.startSpan('heirloom.operation', { startTime, attributes }, part.inside)
    operation.end(hrTime(began + (entries[index + 1]?.after ?? took)))
  }
  part?.span.end(hrTime(began + took))
}

/** What waits for its commit is being committed. */
const nameOf = ({ phase }: TimelineEntry): string => (phase === 'done' ? 'commit' : phase)

/** Seconds and nanoseconds since 1970. */
function hrTime(milliseconds: number): HrTime {
  const microseconds = Math.round(milliseconds * 1_000)
  return [Math.floor(microseconds / 1_000_000), (microseconds % 1_000_000) * 1_000]
}

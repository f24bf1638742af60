/**
 * Where the time of a piece of work goes, by samples of this thread's stack.
 *
 * A sample counts for the room of the innermost frame that has one: what a library or Node does is the
 * time of who called it. Garbage of the host's own engine and idle time have lines of their own.
 */
import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

/** Microseconds by room. */
export type Split = ReadonlyMap<string, number>

const everyMicroseconds = 200

/** Gives what the work took, by room; `roomOf` names the room of a frame, or undefined where it has none. */
export async function profiled(
  work: () => void,
  roomOf: (frame: Profiler.ProfileNode['callFrame']) => string | undefined,
): Promise<Split> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: everyMicroseconds })
  await session.post('Profiler.start')
  work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return split(profile, roomOf)
}

function split(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  roomOf: (frame: Profiler.ProfileNode['callFrame']) => string | undefined,
): Split {
  const parents = new Map<number, Profiler.ProfileNode>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const roomOfNode = (id: number): string => {
    for (let node = byId.get(id); node !== undefined; node = parents.get(node.id)) {
      const room = roomOf(node.callFrame)
      if (room !== undefined) return room
    }
    return 'the rest'
  }
  const rooms = new Map(nodes.map(({ id }) => [id, roomOfNode(id)]))
  const spent = new Map<string, number>()
  samples.forEach((id, index) => {
    const room = rooms.get(id) ?? 'the rest'
    spent.set(room, (spent.get(room) ?? 0) + (timeDeltas[index] ?? 0))
  })
  return spent
}

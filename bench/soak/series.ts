/**
 * What a series of measurements says: whether it grows.
 *
 * The slope is that of Theil and Sen, the median of the slopes between all pairs of points: a third of the
 * points may be
 * anything, so that a busy machine or a restart in between makes no trend.
 */
export interface Point {
  /** In minutes. */
  readonly at: number
  readonly value: number
}

export interface Trend {
  readonly name: string
  readonly median: number
  /** In an hour, of the median; positive is growth. */
  readonly growthPerHour: number
  /** The most growth that counts as flat. */
  readonly tolerance: number
  readonly verdict: 'flat' | 'grows' | 'too few points'
}

const fewest = 10

export function trendOf(name: string, points: readonly Point[], tolerance: number): Trend {
  const middle = medianOf(points.map(({ value }) => value))
  if (points.length < fewest)
    return { name, median: middle, growthPerHour: 0, tolerance, verdict: 'too few points' }
  const growthPerHour = middle === 0 ? 0 : (slopeOf(points) * 60) / middle
  return {
    name,
    median: middle,
    growthPerHour,
    tolerance,
    verdict: growthPerHour <= tolerance ? 'flat' : 'grows',
  }
}

/** For each minute. */
export function slopeOf(points: readonly Point[]): number {
  const slopes: number[] = []
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1))
      if (other.at !== one.at) slopes.push((other.value - one.value) / (other.at - one.at))
  }
  return medianOf(slopes)
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

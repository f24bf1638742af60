/**
 * The notation of outcomes.
 *
 * | text        | meaning                                                        |
 * |-------------|----------------------------------------------------------------|
 * | `d:5`       | data; a time of the timer by its number                        |
 * | `o:o17`     | the object of this name; `o:?` one whose name is not known yet |
 * | `e:Error:7` | an error, with the message if it is one that a program threw   |
 * | `k:code`    | a rejection by the kernel                                      |
 * | `x:how:3`   | incarnation 3 of the decider ended, by `how`                   |
 * | `w:how:3`   | the vat was moved to a worker version, by `how`, and is in incarnation 3 |
 */
/** `names`: the names of known objects. */
export function describe(names: WeakMap<object, string>, value: unknown): string {
  if (typeof value !== 'object' || value === null) return `d:${String(value)}`
  const known = names.get(value)
  if (known !== undefined) return `o:${known}`
  const { name, code, incarnationNumber, absValue } = value as Readonly<Record<string, unknown>>
  if (typeof absValue === 'bigint') return `d:${absValue}`
  if (value instanceof Error && typeof code !== 'string')
    return value.name === 'Error' ? `e:Error:${value.message}` : `e:${value.name}`
  if (value instanceof Error || name === 'KernelRejection') return `k:${String(code)}`
  if (name === 'vatUpgraded' || name === 'vatTerminated') return `x:${name}:${String(incarnationNumber)}`
  return 'o:?'
}

/**
 * The scripts of a sweep: salvage bundles, evaluated in a copy of the vat's heap by the vat's own supervisor.
 *
 * They use only what supervisors offer to salvage bundles and vats since they salvage (release 0.2.0): stored
 * objects by their names, the methods of a map, `sweepKind`, `mustMatch`. What they are to read is in the
 * vat's space when they run: texts to decode are the entries of a map of its own, which no vat has
 * (`scratchMap`). Of the vat's author they call migrations only; of a record whose migration has failed also
 * a method, which fails in the same way before the author's function is called: so the reason is known.
 */
import type { ObjectVref } from '../../../base/ids.ts'

/** Its instance is greater than any that a supervisor assigns. */
export const scratchMap = 'o+d2/999999999999999' as ObjectVref

/** The key of the n-th text in the scratch map, in the order of their numbers. */
export const scratchKey = (index: number): string => String(index).padStart(keyLength, '0')
/** That of the n-th pattern. */
export const patternKey = (index: number): string => patternPrefix + index
const keyLength = 9
const patternPrefix = 'pattern '

/** The longest message that a script returns. */
const maxMessage = 400

const common = `
const messageOf = (error) => {
  try {
    return String(Object(error) === error ? error.name + ': ' + error.message : error).slice(0, ${maxMessage})
  } catch {
    return 'something was thrown that has no message'
  }
}`

/** A text to be decoded, as the script takes it. */
export interface ScriptItem {
  readonly is: 'value' | 'watch'
  /** The number of the pattern for its value; null: any value. */
  readonly pattern: number | null
}

/** The result: `[index, 'decode' | 'pattern' | 'watch', message]` of each item that failed. */
export const decodingScript = (items: readonly ScriptItem[]): string => `({
salvage(_root, exports) {
${common}
const map = exports[${JSON.stringify(scratchMap)}]
const items = ${JSON.stringify(items.map(({ is, pattern }) => [is === 'watch' ? 1 : 0, pattern]))}
const patterns = []
const patternAt = (index) => {
  if (!(index in patterns)) patterns[index] = map.get('${patternPrefix}' + index)
  return patterns[index]
}
const failures = []
for (let at = 0; at < items.length; at += 1) {
  let stage = 'decode'
  try {
    const [isWatch, pattern] = items[at]
    const value = map.get(String(at).padStart(${keyLength}, '0'))
    stage = 'watch'
    if (isWatch === 1) {
      const [watcher] = value
      if (typeof watcher.onFulfilled !== 'function' && typeof watcher.onRejected !== 'function')
        throw new TypeError('the watcher has no method onFulfilled and none onRejected')
    }
    stage = 'pattern'
    if (pattern !== null) VatData.mustMatch(value, patternAt(pattern))
  } catch (error) {
    failures.push([at, stage, messageOf(error)])
  }
}
return failures
} })`

/** Migrates records of the kind, one for each name. The result: `[index, message]` of each that failed. */
export const migratingScript = (handle: string, names: readonly string[]): string => `({
salvage(_root, exports) {
${common}
const names = ${JSON.stringify(names)}
const others = ['constructor', '__getInterfaceGuard__', '__getMethodNames__']
const reasonOf = (name) => {
  try {
    const object = exports[name]
    const prototype = Object.getPrototypeOf(object)
    const method = Reflect.ownKeys(prototype).find(
      (key) => typeof key === 'string' && !others.includes(key) && typeof prototype[key] === 'function',
    )
    if (method !== undefined) object[method]()
  } catch (error) {
    if (Object(error) === error && error.code === 'kind/migration-failed') return messageOf(error)
  }
  return 'the migration failed'
}
const handle = exports[${JSON.stringify(handle)}]
const failures = []
for (let at = 0; at < names.length; at += 1) {
  const { failed } = VatData.sweepKind(handle, 1)
  if (failed > 0) failures.push([at, reasonOf(names[at])])
}
return failures
} })`

/**
 * `harden`: makes an object, and everything reachable from it by properties and prototypes, immutable.
 *
 * SES takes a `harden` that it finds on the global object as the native one, so this file is evaluated before
 * SES. It has the semantics of the SES hardener at a fraction of its cost in an interpreter: vats mostly
 * harden small records and arrays whose prototypes are hardened already.
 *
 * Nothing is marked as hardened unless the whole graph was frozen: a proxy that throws in the middle leaves
 * frozen objects, but none that is wrongly marked as hardened.
 */
import { isObject } from '../../base/guards.ts'

const { freeze, getOwnPropertyDescriptor, getPrototypeOf, preventExtensions, defineProperty } = Object
const { ownKeys } = Reflect
const { isView } = ArrayBuffer

const hardened = new WeakSet<object>()

const isIndex = (key: PropertyKey): boolean => typeof key === 'string' && String(Number(key)) === key

/** The elements of a typed array cannot be frozen, like the entries of a Map; everything else of it can. */
function freezeView(view: object): void {
  preventExtensions(view)
  for (const key of ownKeys(view)) {
    if (!isIndex(key)) defineProperty(view, key, { writable: false, configurable: false })
  }
}

function linksOf(object: object, visit: (value: unknown) => void): void {
  visit(getPrototypeOf(object))
  for (const key of ownKeys(object)) {
    const descriptor = getOwnPropertyDescriptor(object, key)
    if (descriptor === undefined) continue
    if ('value' in descriptor) visit(descriptor.value)
    else {
      visit(descriptor.get)
      visit(descriptor.set)
    }
  }
}

/** Whether the object leads only to hardened objects, which is true of most hardened objects. */
function isLeaf(object: object): boolean {
  const prototype = getPrototypeOf(object)
  if (prototype !== null && !hardened.has(prototype)) return false
  for (const key of ownKeys(object)) {
    const descriptor = getOwnPropertyDescriptor(object, key)
    if (descriptor === undefined || !('value' in descriptor)) return false
    if (isObject(descriptor.value) && !hardened.has(descriptor.value)) return false
  }
  return true
}

export function harden<T>(root: T): T {
  if (!isObject(root) || hardened.has(root)) return root
  if (!isView(root)) {
    freeze(root)
    if (isLeaf(root)) {
      hardened.add(root)
      return root
    }
  }
  const found = new Set<object>()
  const visit = (value: unknown): void => {
    if (isObject(value) && !hardened.has(value)) found.add(value)
  }
  found.add(root)
  for (const object of found) {
    if (isView(object) && !(object instanceof DataView)) freezeView(object)
    else freeze(object)
    linksOf(object, visit)
  }
  for (const object of found) hardened.add(object)
  return root
}

globalThis.harden = harden

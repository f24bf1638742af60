/**
 * Copies results of a kernel into plain data of the host.
 *
 * They come from untrusted code. Only own enumerable properties are read, and none of them is called: a
 * getter or a proxy can run kernel code, but receives no host object.
 */
import { KernelFault } from './kernelFault.ts'

export function copyOut(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw new KernelFault(`the kernel handed out data nested deeper than ${maxDepth} levels`)
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new KernelFault(`the kernel handed out a ${typeof value}, which is not data`)
    return value
  }
  return Array.isArray(value)
    ? copyList(value, depth)
    : copyRecord(value as Readonly<Record<string, unknown>>, depth)
}

function copyList(list: readonly unknown[], depth: number): unknown[] {
  const length: unknown = list.length
  if (typeof length !== 'number' || length > maxListLength)
    throw new KernelFault('the kernel handed out a list whose length is none')
  const copy: unknown[] = []
  for (let index = 0; index < length; index += 1) copy.push(copyOut(list[index], depth + 1))
  return copy
}

/** Far more than any data of a kernel has; a list that contains itself is met here, and not by the stack. */
const maxDepth = 1_000

/** Maximum length of a JavaScript list. */
const maxListLength = 2 ** 32 - 1

function copyRecord(
  record: Readonly<Record<string, unknown>>,
  depth: number,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(record)) {
    const value = copyOut(record[name], depth + 1)
    // An assignment would set the prototype of the copy.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true })
    else copy[name] = value
  }
  return copy
}

/** Whether the host created an error: objects of a kernel's context never inherit from the host's. */
export function isOwnError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

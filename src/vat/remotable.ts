/**
 * `Far`: an object that travels by reference. Its holders can only send messages to it. The marking is that
 * of `@endo/pass-style`.
 */
declare const harden: <T>(value: T) => T

const passStyle = Symbol.for('passStyle')

/**
 * Creates a remotable from the methods, or from one function. The object itself becomes the remotable.
 * @param name its name, for people: it shows as `Alleged: <name>`, since it is unverified.
 * @throws TypeError when a member is not a function, or the object is frozen already.
 */
export function Far<Methods extends object>(name: string, methods: Methods): Methods {
  for (const key of typeof methods === 'function' ? [] : Reflect.ownKeys(methods)) {
    if (typeof Reflect.get(methods, key) !== 'function') {
      throw new TypeError(`${name}.${String(key)} is not a function; a remotable has methods only`)
    }
  }
  const prototype = Object.create(Object.getPrototypeOf(methods) as object, {
    [passStyle]: { value: 'remotable' },
    [Symbol.toStringTag]: { value: `Alleged: ${name}` },
  }) as object
  return harden(Object.setPrototypeOf(methods, prototype) as Methods)
}

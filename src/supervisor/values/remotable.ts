/**
 * Remotables: objects that travel by reference.
 *
 * The marking is that of `@endo/pass-style`: a prototype with the pass style `remotable` and the
 * interface name as its tag, so that remotables made by a vat's own copy of that package and ours
 * are the same kind of thing.
 */
const passStyle = Symbol.for('passStyle')

/** The prototype that makes an object a remotable of this interface, with these methods. */
export function remotablePrototype(interfaceName: string, methods?: object): object {
  const tagRecord = Object.create(Object.prototype, {
    [passStyle]: { value: 'remotable' },
    [Symbol.toStringTag]: { value: interfaceName },
  }) as object
  // A tag record has only its two tags, so methods are on an object in between.
  return harden(
    methods === undefined
      ? tagRecord
      : (Object.create(tagRecord, Object.getOwnPropertyDescriptors(methods)) as object),
  )
}

/** Whether the object is marked as a remotable. The marking is inherited, never own. */
export function isRemotable(value: object): boolean {
  return (value as Record<symbol, unknown>)[passStyle] === 'remotable' && !Object.hasOwn(value, passStyle)
}

export function interfaceOf(value: object): string | undefined {
  const tag = (value as Record<symbol, unknown>)[Symbol.toStringTag]
  return typeof tag === 'string' ? tag : undefined
}

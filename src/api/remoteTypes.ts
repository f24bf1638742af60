/**
 * Types of the values between a host and vats, for a host that knows the interfaces of its vats.
 *
 * The host has another form of a vat's value: an object with methods becomes a `Remote`, and data stays data.
 * So the interface that the author of a vat declares suffices to check what a host sends and to infer the
 * answers:
 *
 * ```ts
 * import { openController } from 'heirloom'
 *
 * interface Purse {
 *   deposit(amount: bigint): bigint
 * }
 * interface Bank {
 *   open(owner: string): Purse
 * }
 *
 * const controller = await openController({ directory: 'store' })
 * const bank = await controller.root<Bank>('bank')
 * const opened = await controller.send(bank, 'open', ['ada'])
 * await controller.run()
 * const status = await controller.status(opened)
 * if (status.kind === 'fulfilled') await controller.send(status.value, 'deposit', [5n])
 * ```
 *
 * None of this is checked at run time: the interface is what the host expects of the vat.
 */
import type { Remote } from './values.ts'

type Method = (...args: never[]) => unknown
type Datum = string | number | bigint | boolean | symbol | null | undefined | Error | Uint8Array | ArrayBuffer

/** Whether it has a method. A type without known properties, such as `object`, may have any. */
type IsObject<T> = [keyof T] extends [never]
  ? true
  : true extends { [Name in keyof T]: T[Name] extends Method ? true : never }[keyof T]
    ? true
    : false

/**
 * The host's form of a vat's value: objects with methods and functions are `Remote`s, and data stays data.
 */
export type Hosted<T> = unknown extends T ? T
  : T extends Datum | Remote ? T
  : T extends Promise<infer Value> ? Hosted<Value>
  : T extends Method ? Remote<T>
  : T extends readonly unknown[] ? { readonly [Index in keyof T]: Hosted<T[Index]> }
  : IsObject<T> extends true ? Remote<T>
  : { readonly [Name in keyof T]: Hosted<T[Name]> }

/** Recipient of a message: a vat's root, by the vat's name or id, or an object. */
export type Target = string | Remote

type InterfaceOf<To> = To extends Remote<infer T> ? T : unknown

/** The methods of a target; any name if its interface is not known. */
export type MethodOf<To> = MethodName<InterfaceOf<To>>
type MethodName<T> = [keyof T] extends [never]
  ? string
  : { [Name in keyof T]: T[Name] extends Method ? Name : never }[keyof T] & string

/** The arguments of a method, as the host passes them. */
export type ArgumentsOf<To, Name> =
  InterfaceOf<To> extends { readonly [Called in Name & string]: (...args: infer Args) => unknown }
    ? { readonly [Index in keyof Args]: Hosted<Args[Index]> }
    : readonly unknown[]

/** The answer of a method, as the host receives it. */
export type AnswerOf<To, Name> =
  InterfaceOf<To> extends { readonly [Called in Name & string]: (...args: never[]) => infer Answer }
    ? Hosted<Awaited<Answer>>
    : unknown

/**
 * The versions of the worker wire: how a kernel and its host speak with a supervisor. Any change of a
 * delivery, a syscall or a call between engine and supervisor that the other side must know is a new version
 * (`docs/wires/worker.md`).
 *
 * | wire | supervisors of           | how it is known                                              |
 * |------|--------------------------|--------------------------------------------------------------|
 * | 0    | release 0.1.0            | `hostEntries` has neither `wire` nor `salvage`               |
 * | 1    | releases 0.2.0 and 0.3.0 | `hostEntries` has no `wire`, but `salvage`                   |
 * | 2, … | later releases           | `hostEntries.wire`, a number                                 |
 *
 * Ww1. A supervisor declares its wire where it leaves its functions. The base image keeps it, so that it is
 *      known without running anything. A supervisor that declares nothing is known by its functions.
 */

/** The first wire that a supervisor declares by a number. */
export const firstDeclaredWire = 2

/** The wires that this release speaks, as host and as kernel. */
export const workerWires: readonly number[] = [0, 1]

/** For people: the wires as a list. */
export const wireList = (wires: readonly number[]): string => wires.join(', ')

/**
 * Stack frames as a supervisor writes them: `name (b1-c4e9f7c0749d:82:12)`, or without a name and brackets.
 *
 * The place is a line and a column of a bundle, both from 1; the bundle is identified by the beginning of its
 * id. A host that has the bundle's source map shows the place in the author's source instead. The
 * supervisor's text is part of the state, so no source map may ever change it.
 */
import type { BundleId } from '../../base/ids.ts'

/** The length of an id in a frame, in characters. */
const frameNameLength = 15

export const frameName = (bundle: BundleId): string => bundle.slice(0, frameNameLength)

/** Frames while a salvage bundle runs: the supervisor does not know its id. */
export const salvageFrameName = '<salvage>'

/** The name of the function if it has one, the name of the bundle, line and column. */
export const framePattern = /(?:([^\s()]+) \()?\b(b1-[0-9a-f]{12}):(\d+):(\d+)/g

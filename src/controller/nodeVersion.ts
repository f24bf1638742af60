/**
 * Throws at import on a Node that is too old. What a host imports imports this first: modules are evaluated
 * in the order of their imports, so that this is said before anything else fails for lack of it.
 */
import { version, versions } from 'node:process'

export const oldestNode = 24

if (Number.parseInt(versions.node, 10) < oldestNode) {
  throw new Error(
    `heirloom needs Node ${oldestNode} or newer, and this is ${version}. \`npx heirloom node FILE\` runs a program, and \`npx heirloom test\` ` +
      'its tests, on the Node that comes with the package.',
  )
}

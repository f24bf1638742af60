/**
 * A node in a process of its own, which a test kills: `node nodeProcess.ts DIRECTORY`. It prints the URL of
 * its server.
 */
import { genesisOf, openNode } from './kit.ts'

const [directory = ''] = process.argv.slice(2)
const genesis = await genesisOf({ vats: true })
const node = await openNode({ after: () => {} }, { directory, genesis })
console.log(node.url)

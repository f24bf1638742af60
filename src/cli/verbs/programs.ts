/** Verbs that run a user's program. The launcher executes them (`bin/heirloom.mjs`); their help is here. */
import type { Verb } from '../session/verb.ts'
import { refuseUsage } from '../args/arguments.ts'

export const node: Verb = {
  name: 'node',
  summary: 'runs a program on a Node that Heirloom supports',
  details: [
    'Runs JavaScript or TypeScript that imports heirloom: on this Node if it is new enough, else on the one',
    'that comes with the package. All words that follow go to Node. A file with the name of a verb, such as start, is',
    './start: `heirloom node start` runs a node of a chain.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'the program, after options of Node' }],
  rest: { name: 'word', description: 'for the program' },
  options: {},
  examples: ['heirloom node host.ts', 'heirloom node --watch host.js --verbose'],
  run: () => refuseUsage('node comes first and is followed by a file: heirloom node FILE'),
}

export const test: Verb = {
  name: 'test',
  summary: "runs tests by Node's test runner, on a Node that Heirloom supports",
  details:
    'The same as node --test, with TypeScript too. Without files it runs those that Node finds by their names.',
  operands: [],
  rest: { name: 'file', description: "test files, and options of Node's" },
  options: {},
  examples: ['heirloom test', 'heirloom test test/bank.test.ts --test-name-pattern=upgrade'],
  run: () => refuseUsage('test comes first: heirloom test [FILE…]'),
}

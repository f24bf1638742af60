/** `heirloom create-app`: creates a small app in a new folder. */
import { basename, resolve } from 'node:path'
import { releaseVersion } from '../../release/release.ts'
import { appFiles, checkAppName } from '../apps/appFiles.ts'
import { writeNewFolder } from '../apps/newFolder.ts'
import { indent } from '../output/text/columns.ts'
import type { Verb } from '../session/verb.ts'

export const createApp: Verb = {
  name: 'create-app',
  summary: 'creates a small app in a new folder: two vats, tests, an upgrade',
  details: [
    'Two vats in TypeScript that send messages to each other, a second version of one of them, a configuration, tests of',
    'the vats and of the upgrade, and what a repository needs. The README in the folder explains each file. The app',
    'depends on exactly this release of heirloom.',
    '',
    'The name of the folder is the name of the app. The folder must be new or empty, and all files are written or none.',
  ].join('\n'),
  operands: [{ name: 'folder', description: 'the folder of the app: lower-case letters, digits, and . _ -' }],
  rest: 'none',
  options: {},
  common: 'client',
  examples: ['heirloom create-app shop'],
  async run(args) {
    const folder = resolve(args.operand('folder'))
    const name = basename(folder)
    checkAppName(name)
    const version = releaseVersion()
    const files = appFiles(name, version)
    writeNewFolder(folder, files)
    const paths = files.map(({ path }) => path)
    return {
      kind: 'done',
      json: { folder, name, version, files: paths },
      text: [
        `created ${name} in ${folder}`,
        indent(paths.join('\n')),
        `To run its tests: cd ${args.operand('folder')} && npm install && npm test`,
      ].join('\n'),
    }
  },
}

/** A process for the test to kill: `node killed-transfer.ts export|import <from> <to>`. */
import { argv } from 'node:process'
import { exportStore, importStore } from '../../src/host/index.ts'

const [, , kind, from = '', to = ''] = argv
if (kind === 'export') await exportStore(from, to, { mode: 'archival' })
else await importStore(from, to)

/** A migration that is spread over blocks, through the command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { shapedKernel } from '../kit/shapedKernels.ts'
import { prepareStore, takeSteps, temporaryDirectory, well } from './support.ts'

const migrating = /^heirloom: kernel\/migrating: .*\d+ of about \d+ rows.*\n.*heirloom run/
const waits = /^heirloom: kernel\/migrating: .*\n.*committed block \d+: its work up to then is kept/

test('a kernel with other tables is put in place piece by piece, and each command says how far it is', async (t) => {
  const { store, directory } = await prepareStore(temporaryDirectory(t))
  await well(['port', 'in', 'open'], { store })
  const file = join(directory, 'kernel.js')
  writeFileSync(file, await shapedKernel(4))
  const { kernel } = JSON.parse(await well(['kernel', 'install', file, '--json'], { store })) as { kernel: string }
  await takeSteps(
    [
      [
        ['kernel', 'check', kernel],
        0,
        /could take over: .* tables of version 4 \(reads 1 and later\), .*\n {2}config-1: 1 row of config, version 1\n(?:.*\n)* {2}objects-2: \d+ rows of objects, version 1 to 2\n/,
      ],
      [['kernel', 'upgrade', kernel, '--rows-per-block', '0'], 2, /^$/, /--rows-per-block/],
      [
        ['kernel', 'upgrade', kernel, '--rows-per-block', '1'],
        0,
        /is in place since block \d+.*\n {2}0 rows migrated.*\n {2}1 of about \d+ rows, 1 in a block \(`heirloom run` continues\)\n$/,
      ],
      [['status'], 0, /state +migrating to b1-\w{12} since block \d+: 1 of about \d+ rows, 1 in a block/],
      [['kernel', 'show'], 0, /version of tables +4 .*\n(?:.*\n)*state +migrating to b1-/],
      [['kernel', 'list'], 0, /in-place/],
      [['kernel', 'history'], 0, /never upgraded/],
      [['kernel', 'check', 'release'], 3, /^$/, migrating],
      [['kernel', 'upgrade', 'release'], 3, /^$/, migrating],
      [['vats'], 3, /^$/, migrating],
      [['audit'], 3, /^$/, migrating],
      [['send', 'counters', 'increment', '1n'], 3, /^$/, migrating],
      [['suspend', 'counters'], 3, /^$/, migrating],
      [['port', 'in', 'deliver', '1'], 3, /^$/, waits],
      [['time', '7'], 3, /^$/, waits],
      [['fault', 'show'], 0, /not faulted/],
      [['size'], 0, /./],
      [['status'], 0, /migrating to .*: 3 of about/],
      [['run'], 0, /in \d+ blocks; .*nothing waits\n$/],
      [['status'], 0, /state +ready\n$/],
      [['time'], 0, /^7\n$/],
      [['kernel', 'history'], 0, / done\n$/],
      [['send', 'counters', 'increment', '1n'], 0, /^6n\n$/],
      [['kernel', 'check', 'release'], 1, /kernel\/tables-differ/],
    ],
    store,
  )
})

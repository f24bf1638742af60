/**
 * A host that dies: Bob exercises the option that Alice was answered, the host commits in the middle of that,
 * goes on, and
 * kills itself (SIGKILL). Its one argument is the directory of the store.
 */
import { Market } from './market.ts'

const cranksBeforeCommit = 8
const cranksBeforeEnd = 4

const { controller } = await Market.open(process.argv[2] ?? '')
const proposal = { give: { Strike: ['Simolean', 9n] }, want: { Asset: ['Moola', 5n] } }
await controller.send('bootstrap', 'offer', ['bob', 'exercise', { user: 'alice', label: 'option' }, proposal])
await controller.run({ cranks: cranksBeforeCommit })
await controller.commit()
await controller.run({ cranks: cranksBeforeEnd })
process.kill(process.pid, 'SIGKILL')

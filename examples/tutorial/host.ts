import { writeFileSync } from 'node:fs'
import { openController } from 'heirloom'

const controller = await openController({ directory: 'heirloom-store' })
writeFileSync('host.pid', `${process.pid}`)

await controller.send('todo', 'add', ['wash the car'])
await controller.send('todo', 'add', ['water the plants'])
await controller.run()
await controller.commit()
console.log('two tasks added and committed')

await controller.send('todo', 'add', ['feed the cat'])
await controller.run()
console.log('one more added, not committed')

setInterval(() => {}, 1000) // Stands for a host that goes on working.

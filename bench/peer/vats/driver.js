/** The first vat: it introduces the others to each other, and creates and upgrades vats. */
import { E, Far } from '@endo/far'

export const buildRootObject = () => {
  let statics
  let vatAdmin
  const made = new Map()

  const rootOf = (name) => made.get(name)?.root ?? statics[name]
  const capOf = (bundle) => E(vatAdmin).getNamedBundleCap(bundle)

  return Far('driver', {
    bootstrap(vats, devices) {
      statics = vats
      vatAdmin = E(vats.vatAdmin).createVatAdminService(devices.vatAdmin)
      return E(vatAdmin).getNamedBundleCap('driver').then(() => 'ready')
    },
    introduce: (name, ...others) => E(rootOf(name)).meet(others.map(rootOf)),
    async create(bundle, from, to) {
      const cap = await capOf(bundle)
      for (let index = from; index < to; index += 1)
        made.set(`${bundle}${index}`, await E(vatAdmin).createVat(cap))
      return made.size
    },
    async upgrade(name, bundle, times) {
      const { adminNode } = made.get(name)
      const cap = await capOf(bundle)
      let incarnation = 0
      for (let done = 0; done < times; done += 1)
        ({ incarnationNumber: incarnation } = await E(adminNode).upgrade(cap))
      return incarnation
    },
    ask: (name, method, ...args) => E(rootOf(name))[method](...args),
    /** Has one vat export objects, and another hold them. */
    async export(owner, holder, count, batch) {
      let held = 0
      for (let done = 0; done < count; done += batch)
        held = await E(rootOf(holder)).hold(await E(rootOf(owner)).give(batch))
      return held
    },
  })
}

/**
 * The upgrades of a later release of the host: `heirloom node start --upgrades examples/node/release-2.ts`. Its
 * handler changes the state of the host: from its height on, a message to the host costs two units.
 */
import { setParameter, type HostUpgrades } from 'heirloom/node'

const upgrades: HostUpgrades = {
  'release-2': {
    about: 'a message to the host costs two units',
    migrate({ state, height, emit }) {
      setParameter(state, 'fees.host', 2)
      state.set('releases', '2', String(height))
      emit('release', { release: 2 })
    },
  },
}
export default upgrades

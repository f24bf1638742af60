/** The first vat: puts the others in touch with each other, with the port and with the timer. */
import { E, Far } from 'heirloom/vat'
import type {
  BootstrapDevices,
  BootstrapPowers,
  BootstrapVats,
  BuildRootObject,
  Port,
  PortHandler,
  WakeupHandler,
} from 'heirloom/vat'

interface TellerVat {
  teller(): Teller
}
interface Teller extends PortHandler, WakeupHandler {
  name(): string
  meet(friend: Teller, bank: Port): void
}

export const buildRootObject: BuildRootObject = () =>
  Far('bootstrap', {
    async bootstrap(
      vats: BootstrapVats<{ alice: TellerVat; bob: TellerVat }>,
      _devices: BootstrapDevices,
      { ports }: BootstrapPowers<'bank'>,
    ) {
      const { timer } = vats
      const { bank } = ports
      const [alice, bob] = await Promise.all([E(vats.alice).teller(), E(vats.bob).teller()])
      await E(bank).onReceive(alice)
      await Promise.all([E(alice).meet(bob, bank), E(bob).meet(alice, bank)])
      await E(timer).repeatAfter(60_000n, 60_000n, alice)
      return `${await E(alice).name()} and ${await E(bob).name()} have met`
    },
  })

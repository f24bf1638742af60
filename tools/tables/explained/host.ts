/** Codes about the calls of a host: ports, time, configuration, objects and results. */
import type { Explanation } from '../explanation.ts'

export const hostCodes = {
  'port/unknown': {
    when:
      'A host uses a [port](ports.md) that was not opened. When the name is similar to an existing one, ' +
      'the message suggests it.',
  },
  'port/name-invalid': {
    when: 'A host opens a port with a name that is not of this form.',
  },
  'port/gap': {
    when:
      'A host delivers an item whose number is higher than the next expected one. An item that was ' +
      'delivered before is ignored, so a host that is not sure can deliver again.',
  },
  'port/full': {
    when:
      'The vat receives items more slowly than the host delivers them, or no handler is set. The item was ' +
      'not taken.',
  },
  'port/too-large': {
    when: 'See [limits](limits.md#ports).',
  },
  'port/not-sent': {
    when: 'A host acknowledges a number that it cannot have seen yet.',
  },
  'time/backwards': {
    when:
      'A host calls `advanceTime` with a time before the current time of the kernel, for instance because ' +
      'the clock of the machine was set back.',
    remedy: 'Pass the later of the two times.',
  },
  'config/unreadable': {
    when: 'The path is wrong, or permission was denied.',
  },
  'config/not-json': {
    when: 'Comments and trailing commas are not allowed.',
  },
  'config/invalid': {
    when:
      'A key is unknown, or its value has the wrong type. The message starts with the path, such as ' +
      '`vats.alice.parameters`; `detail.path` has it for programs.',
  },
  'config/vat-refused': {
    when:
      'The store is created with static vats, and one of them did not start. `detail.reason` has the code ' +
      'of the [refused start](#refused-starts-and-upgrades).',
  },
  'object/unknown': {
    when: 'A host names an object by its kernel name (`ko20`), and it was collected or never existed.',
    remedy: 'Pin objects that a host refers to for a long time.',
  },
  'object/not-pinned': {
    when: 'A host unpins an object more often than it pinned it.',
  },
  'result/unknown': {
    when: 'The number was never assigned, or `forget` was called for it.',
  },
  'api/bad-argument': {
    when:
      'A host calls a function of the API with an argument of the wrong type or range, an option that ' +
      'does not exist, or two options that exclude each other. Nothing was done.',
  },
  'api/busy': {
    when:
      'A host calls the API while `run()` or `commit()` is under way. A controller does one thing at a time.',
  },
  'api/shut-down': {
    when:
      'A host calls a controller after `shutdown()`, or the controller was shut down while the call waited.',
  },
  'testing/pending': {
    when: 'A test with `heirloom/testing` waits for an answer, and the kernel has nothing left to do.',
    remedy: 'Advance the time, deliver to a port, or send the message for which the vat is waiting.',
  },
  'app/not-empty': {
    when: 'The folder that was given to `heirloom create-app` has files in it, or is a file itself.',
  },
  'app/bad-name': {
    when: 'The last part of the path that was given to `heirloom create-app` cannot be the name of a package.',
  },
  'app/not-written': {
    when: '`heirloom create-app` could not write a file, or could not put the folder in its place.',
  },
  'cli/usage': {
    when:
      'A verb or an option does not exist, an option is given twice, or a value cannot be parsed. Nothing ' +
      'was done.',
  },
} as const satisfies Readonly<Record<string, Explanation>>

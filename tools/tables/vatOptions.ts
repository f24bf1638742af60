/** `docs/vat-options.md`: all options of vats, from the table of the sources. */
import {
  optionLines,
  shareSetting,
  vatOptions,
  type ContextOption,
  type OptionsPlace,
  type VatOption,
} from '../../src/protocol/host/vatOptions.ts'
import { table, written } from './markdown.ts'

const introduction = `# Options of vats

Every option of a vat: who accepts it, its value, and what it does. Options are given in \`createVat\` of
[vatAdmin](vat-admin.md), in \`upgrade\` and \`changeOptions\` of the vat's admin node, and as \`creationOptions\` of a
static vat in a [configuration](configuration.md).

- An option that is not in the table is refused by name, as is one that its place does not accept. An option that is
  \`undefined\` counts as omitted.
- Options for the same setting are refused together, even if they agree.
- Settings without an option are those of the store's [configuration](configuration.md).
- Options of SwingSet that do nothing have their values checked all the same.
- In the JSON of a configuration, computrons are integers instead of bigints.`

const places: Readonly<Record<OptionsPlace, string>> = {
  createVat: '`createVat`',
  upgrade: '`upgrade`',
  changeOptions: '`changeOptions`',
  configuration: 'configuration',
}

/** The values of options whose readers check them. */
const contextValues: Readonly<Record<ContextOption, string>> = {
  name: '1 to 199 letters, digits, dots, dashes or underscores; in a configuration the key of the vat in `vats`',
  meter: 'a meter of `createMeter` or `createUnlimitedMeter`',
  importance: '`ordinary`; in a configuration `critical` too',
  critical: 'the key of `getCriticalVatKey`, or `false`; in a configuration `true` or `false`',
  worker:
    'the id of an installed worker version; in a configuration the name of an engine of the release, whose worker version is installed on demand',
}

const entries: readonly (readonly [string, VatOption])[] = Object.entries(vatOptions)
const lines = new Map(Object.entries(optionLines))
const valuesInContext = new Map<string, string>(Object.entries(contextValues))

const heads = ['option', 'accepted by', 'value', 'what it does', 'not together with']

export const vatOptionsPage = (): string => written([introduction, table(heads, entries.map(rowOf))])

const rowOf = ([name, option]: readonly [string, VatOption]): readonly string[] => [
  `\`${name}\``,
  option.places.map((place) => places[place]).join(', '),
  option.value?.wanted ?? valuesInContext.get(name) ?? '',
  lines.get(name) ?? '',
  entries
    .filter(([other, entry]) => other !== name && shareSetting(option, entry))
    .map(([other]) => `\`${other}\``)
    .join(', '),
]

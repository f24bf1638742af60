/** Resolves names of objects on the command line. */
import { Remote, type Controller } from '../../host/index.ts'
import { assert, CodedError } from '../../base/errors.ts'
import { isObjectKref } from '../../base/ids.ts'
import type { ValueTemplate } from '../values/valueTemplate.ts'

/**
 * Resolves the root of a vat, by name or id; else a service of the kernel, a port, or any object by its name
 * in the kernel. With or without `@`.
 */
export async function resolveObject(controller: Controller, word: string): Promise<Remote> {
  const name = word.startsWith('@') ? word.slice(1) : word
  try {
    return await controller.root(name)
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'vat/unknown') throw error
    if (isObjectKref(name)) return new Remote(name)
    if (isService(name)) return services[name](controller)
    if ((await portsOf(controller)).includes(name)) return controller.port(name).remote()
    throw error
  }
}

/** Services of the kernel that have a name. */
const services = {
  timer: (controller) => controller.timer(),
  vatAdmin: (controller) => controller.vatAdmin(),
  criticalVatKey: (controller) => controller.criticalVatKey(),
} as const satisfies Readonly<Record<string, (controller: Controller) => Promise<Remote>>>

const isService = (name: string): name is keyof typeof services => Object.hasOwn(services, name)

/** Returns none for a kernel that predates ports. */
const portsOf = async (controller: Controller): Promise<readonly string[]> =>
  controller.ports().catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'kernel/too-old') return []
    throw error
  })

/** Evaluates a template, with its names resolved in the store. */
export async function evaluateTemplate(controller: Controller, template: ValueTemplate): Promise<unknown> {
  const objects = new Map<string, Remote>()
  for (const name of template.names) objects.set(name, await resolveObject(controller, name))
  return template.evaluate((name) => {
    assert(objects.has(name), 'every name of the template was resolved')
    return objects.get(name)
  })
}

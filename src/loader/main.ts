/**
 * The loader: links the modules of an archive of `@endo/bundle-source` inside a vat.
 *
 * It is the first part of the code of such a vat; the archive follows as JSON
 * (`src/bundler/archives/archiveCode.ts`). It belongs to the code and not to the worker, so that an
 * installed bundle always runs the same.
 *
 * Ld1. Each package has its own compartment, with the globals of the vat, like those that
 *      `@endo/import-bundle` creates.
 * Ld2. SES instantiates and binds modules: live bindings, cycles and `export *` have its semantics.
 */
import type { Archive, ArchiveCompartment, ArchiveModule } from '../protocol/bundle/archive.ts'
import { commonJs } from './commonjs.ts'
import type { ModuleCompartment, ModuleDescriptor, Namespace, VirtualModule } from './globals.ts'
import { resolve } from './resolve.ts'

/** The namespace of the archive's entry. */
export function load(archive: string): Namespace {
  const { entry: [entry, specifier], compartments } = JSON.parse(archive) as Archive
  // Ld1: every compartment has the vat's other globals anyway.
  const globals = { console, assert, VatData }
  const made: ModuleCompartment[] = []
  for (const compartment of compartments) made.push(makeCompartment(compartment, globals, made))
  return (made[entry] as ModuleCompartment).importNow(specifier)
}

function makeCompartment(
  { name, modules }: ArchiveCompartment,
  globals: Readonly<Record<string, unknown>>,
  all: readonly ModuleCompartment[],
): ModuleCompartment {
  const table = new Map(modules)
  return new Compartment({
    __options__: true,
    name,
    globals,
    resolveHook: resolve,
    moduleMapHook: (specifier) => {
      const module = table.get(specifier)
      if (module === undefined)
        throw new Error(`Cannot find module ${JSON.stringify(specifier)} in package ${JSON.stringify(name)}`)
      return descriptorOf(module, all)
    },
  })
}

function descriptorOf(module: ArchiveModule, all: readonly ModuleCompartment[]): ModuleDescriptor {
  switch (module.kind) {
    case 'link':
      return { namespace: module.to[1], compartment: all[module.to[0]] as ModuleCompartment }
    case 'mjs':
      return { source: JSON.parse(module.record) as object }
    case 'cjs':
      return { source: commonJs(module) }
    case 'json':
      return { source: constant(() => JSON.parse(module.text) as unknown) }
    case 'text':
      return { source: constant(() => module.text) }
    case 'bytes':
      return { source: constant(() => bytesOf(module.digits)) }
    case 'missing':
      return {
        source: {
          imports: [],
          exports: [],
          execute: () => {
            throw new Error(module.why)
          },
        } satisfies VirtualModule,
      }
  }
}

const constant = (value: () => unknown): VirtualModule =>
  ({ imports: [], exports: ['default'], execute: (environment) => { environment['default'] = value() } })

function bytesOf(digits: string): ArrayBuffer {
  const bytes = new Uint8Array(digits.length / 2)
  for (let at = 0; at < bytes.length; at += 1)
    bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
  return bytes.buffer
}

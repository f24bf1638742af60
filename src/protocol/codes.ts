/**
 * The closed list of codes with which Heirloom refuses something to its host.
 * A code never changes its meaning. The text says what it means and what to do.
 */
import { CodedError } from '../base/errors.ts'

export const codes = {
  'store/not-found': 'There is no store in this directory. Make one with `heirloom init`.',
  'store/exists': 'There is a store in this directory already. Open it, or choose an empty directory.',
  'store/no-directory': 'There cannot be a directory at this path. Choose another, or look at its permissions.',
  'store/in-use': 'Another process has this store open for writing. Wait for it, or stop it.',
  'store/not-a-store': 'The file is not a Heirloom store. Check the path.',
  'store/newer-format': 'The store was written by a newer release. Use that release.',
  'store/truncated': 'The file is shorter than it says. Put back a copy.',
  'store/corrupt-page': 'A page of a heap does not have the hash it is named by. Put back a copy.',
  'store/corrupt-snapshot': 'The manifest of a heap does not have the hash it is named by. Put back a copy.',
  'store/corrupt-transcript': 'The entries of a transcript do not have the hash of their span. Put back a copy.',
  'store/corrupt-bundle': 'A bundle does not have the hash it is named by. Put back a copy.',
  'store/corrupt-state': 'A row of the state does not have the checksum it was written with. Put back a copy.',
  'store/corrupt-file': 'SQLite says that the file is damaged. Put back a copy.',
  'store/write-failed': 'The disk is full, or refused to be read or written. The store is at its last block; free the disk and try again.',
  'store/closed': 'The store is closed. Open it again.',
  'bundle/unknown': 'No bundle of this id or name is installed. Install it first.',
  'bundle/wrong-kind': 'The bundle is of another kind than is needed here.',
  'bundle/syntax': 'The source does not parse. The message gives file, line and reason.',
  'bundle/missing-import': 'An import could not be found. The message gives file, line and name.',
  'bundle/dynamic-import': 'A vat cannot import at run time. Import it statically.',
  'bundle/too-large': 'The bundle is over the limit of its size.',
  'bundle/entry-not-found': 'There is no file at this path.',
  'bundle/no-build-root-object': 'The entry does not export buildRootObject. Export a function of this name.',
  'engine/not-wasm': 'The bytes are not a WebAssembly module that this release can meter.',
  'engine/not-an-engine': 'The module lacks functions that an engine must export.',
  'engine/supervisor-broken': 'The supervisor threw, or did not leave its entries, while the base image was built.',
  'engine/image-broken': 'The bytes are not a base image of this engine.',
  'engine/host-stack': 'The stack of the thread that runs the engines overflowed. Start with the default stack size.',
  'trace/unwritable': 'The file for the trace cannot be opened. Choose another path.',
  'vat/unknown': 'No vat has this name or id.',
  'vat/not-started': 'The vat was asked for and has not started. Run, then ask again.',
  'vat/name-taken': 'A vat of this name exists.',
  'vat/name-invalid': 'A name of a vat is 1 to 64 letters, digits, dots, dashes or underscores, and begins with a letter.',
  'worker/unknown': 'No worker version of this id is installed. Install it first.',
  'value/not-passable': 'The value cannot be sent to a vat.',
  'value/too-large': 'The message is over the limit of its size or of its references.',
  'value/not-durable': 'Durable data can refer only to durable objects and to objects of other vats.',
  'key/too-long': 'The key of a collection is too long when it is written down. Use a shorter one, such as a number.',
  'export/label-taken': 'A label names one export of a vat, and is connected once in each incarnation.',
  'export/label-unknown': 'No export of the vat has this label.',
  'export/named-too-late': 'An object is named before it leaves the vat for the first time.',
  'kind/defined-twice': 'A durable kind is defined once in each incarnation.',
  'kind/migration-failed': 'A migration of a durable kind threw, or gave what cannot be the state. The record is as it was; mend the migration.',
  'patch/bad-id': 'The id of a patch is a text of 1 to 200 characters.',
  'result/unknown': 'No result of this number is held for the host.',
  'api/bad-argument': 'An argument of the call is not of the shape it must have.',
  'api/busy': 'The kernel is running. Await the run that was started first.',
  'api/shut-down': 'This controller was shut down.',
  'machine/gone': 'The machine thread ended by itself. The store is at its last block; open it again.',
  'kernel/fault': 'The kernel failed. The store is at its last block; nothing of the block in work was kept.',
  'kernel/faulted': 'The kernel failed before; it takes no work until the store is opened again.',
  'kernel/replay-diverged': 'A vat that was brought back did not do what its transcript says. The store or the engine was changed.',
  'kernel/broken-bundle': 'The kernel bundle named in the store cannot be started.',
  'kernel/too-old': 'The kernel of this store does not know such a request. Upgrade the kernel first.',
  'testing/pending': 'A step of a test ended while its answer was pending. Whoever is to answer waits for something that has not happened.',
  'cli/usage': 'The words of the command are not as they should be. See `--help`.',
} as const satisfies Record<string, string>

export type Code = keyof typeof codes

/** Refuses: throws a `CodedError` with a code of the list. */
export function refuse(code: Code, message: string, detail: Readonly<Record<string, unknown>> = {}): never {
  throw new CodedError<Code>(code, message, detail)
}

/**
 * The closed list of codes with which Heirloom refuses a request of its host.
 *
 * A code never changes its meaning. Its text says in one or two sentences what the code means and what to do;
 * the
 * command line prints it as a hint below the message. `docs/errors.md`, written from this list, says more.
 */
import { CodedError } from '../base/errors.ts'
import { nodeCodes } from './node/codes.ts'

/** The codes of the host API, without those of nodes. */
const hostCodes = {
  'store/not-found':
    'There is no store in this directory. Check the path, or create a store with `heirloom init`.',
  'store/exists': 'This directory already contains a store. Open that store, or choose an empty directory.',
  'store/no-directory':
    'The path is not a directory and cannot become one. Check the path and its permissions, or choose ' +
    'another.',
  'store/path-too-long': 'The path is too long. Use a shorter path; the message states the limit.',
  'store/not-readable':
    'You do not have permission to read this path. Ask its owner for access, or run as a user who has it.',
  'store/not-writable':
    'You do not have permission to write to this path, or it is on a read-only file system. Ask its owner ' +
    'for access, or copy the store elsewhere; reading a store does not require write permission.',
  'store/not-a-file':
    'Something other than a regular file is where a file of the store should be. Move it away.',
  'store/too-many-files':
    'The process or the system has too many open files. Close some, or raise the limit (`ulimit -n`).',
  'store/opened-for-reading':
    "The store was opened for reading only, so nothing can be committed. Open it with access: 'write'.",
  'store/in-use': 'Another process has this store open for writing. Wait until it finishes, or stop it.',
  'store/not-a-store': 'The file is not a Heirloom store. Check the path.',
  'store/newer-format': 'The store was written by a newer release. Use that release or a later one.',
  'store/truncated':
    'The file is shorter than its header says, so part of it is lost. Restore the store from a backup.',
  'store/corrupt-schema':
    'The database does not have the tables of a store: one is missing, altered or unexpected. Restore the ' +
    'store from a backup.',
  'store/corrupt-page':
    "A page of a vat's heap is missing or does not match its hash. Restore the store from a backup.",
  'store/corrupt-snapshot':
    'A heap snapshot is missing or does not match its hash. Restore the store from a backup.',
  'store/corrupt-transcript':
    'Transcript entries are missing or do not match the hash of their span. Restore the store from a backup.',
  'store/corrupt-bundle': 'A bundle is missing or does not match its hash. Restore the store from a backup.',
  'store/corrupt-state':
    'A row of the state is missing, unreadable or does not match its checksum. Restore the store from a ' +
    'backup.',
  'store/corrupt-block':
    'The records of the blocks are missing, damaged or do not form a chain. Restore the store from a backup.',
  'store/corrupt-channel':
    'The inbox or outbox does not contain the items that the last block recorded. Restore the store from ' +
    'a backup.',
  'store/pruned':
    'These transcript entries were pruned, or the store was imported without them. Use a store that still ' +
    'has them, an export of it (`replay` or `archival`), or an upgrade in `durable` mode, which does not ' +
    'need them. See docs/retention.md.',
  'store/corrupt-log':
    'The write-ahead log next to the store is damaged, and committed blocks are lost with it. Restore the ' +
    'store from a backup.',
  'store/corrupt-record':
    'The record of the last commit, heirloom.last, is missing, damaged or belongs to another store. ' +
    'Restore it; or, if you are sure that this store is the latest, open it once with rolledBack: ' +
    "'accept' (--accept-rollback).",
  'store/rolled-back':
    'The store is older than its last commit. Restore the latest copy; or, to give up the missing blocks, ' +
    "open it once with rolledBack: 'accept' (--accept-rollback).",
  'store/incomplete':
    'This directory contains files of a store, but not heirloom.sqlite. Restore that file; or, to create ' +
    'a new store here, move the other files away.',
  'store/moved':
    'The files of the open store were moved, deleted or replaced. Nothing was written, and the current ' +
    'block is kept in memory: put the files back and commit again.',
  'store/corrupt-file': 'The database file is damaged. Restore the store from a backup.',
  'store/write-failed':
    'The disk is full or reported an error. The store is at its last committed block; free some space or ' +
    'repair the disk, then try again.',
  'store/untrusted-code':
    'The store contains a kernel, supervisor, engine or base image that did not come with a release and ' +
    'that this host did not install. Opening the store would run it. If you know who made it, trust it by ' +
    'its hash (`--trust HASH`); see docs/trust.md.',
  'store/closed': 'The store is closed. Open it again.',
  'bundle/unknown':
    'No bundle with this id or name is installed. Check the name, or install the bundle first.',
  'bundle/in-use':
    'The active upgrade plan needs the bundle. Retire it when the plan is over, or in a later step of it.',
  'bundle/wrong-kind':
    'The bundle is of another kind than this operation needs. Use a bundle of the kind that the message ' +
    'names.',
  'bundle/syntax': 'The source does not parse. The message gives the file, the line and the reason.',
  'bundle/missing-import':
    'An import cannot be resolved. Install the package or correct the import; the message gives the file, ' +
    'the line and the name.',
  'bundle/dynamic-import': 'A vat cannot import at run time. Use a static import at the top of the file.',
  'bundle/import-meta':
    'The code of a vat is a single script and has no import.meta. Import data as JSON, or pass it in the ' +
    'parameters of the vat.',
  'bundle/top-level-await':
    'The code of a vat cannot await while it is loaded. Move the await into buildRootObject, which may be ' +
    'async.',
  'bundle/not-strict':
    'The source uses a feature of JavaScript that strict mode forbids. The message gives the file, the ' +
    'line and the reason.',
  'bundle/outside-root':
    'The source imports a file outside its package. Import the other package by name, or set `root` to a ' +
    'folder that contains both.',
  'bundle/no-loader':
    'The source imports a file that is neither code nor JSON. Choose a loader for its extension.',
  'bundle/unreadable': 'An imported file cannot be read. The message gives the file and the reason.',
  'bundle/too-large':
    'The bundle exceeds the size limit. Remove code that the vat does not need; the message states the ' +
    'limit.',
  'bundle/format-unknown':
    'The moduleFormat of the bundle is not supported. Use endoZipBase64, nestedEvaluate, getExport or ' +
    'endoScript.',
  'bundle/malformed':
    'The content of the bundle does not match its moduleFormat. Create the bundle again with ' +
    '@endo/bundle-source.',
  'bundle/hash-mismatch':
    'The content of the bundle does not match the hash that it declares. Download or create it again.',
  'bundle/entry-not-found': 'There is no file at this path. Check the path of the entry.',
  'bundle/no-build-root-object':
    'The entry does not export buildRootObject. Export a function with this name.',
  'bundle/no-salvage':
    'The entry of a salvage bundle does not export salvage. Export a function with this name.',
  'bundle/not-a-kernel':
    'The sources do not result in a kernel bundle. Export what docs/wires/kernel.md lists; the message says what ' +
    'is missing, or what was thrown.',
  'bundle/asynchronous':
    'A kernel is synchronous: it has no promises, and so no async functions. The message names the file and the line.',
  'bundle/no-default-export':
    'The entry of a replaceable function has no default export. Export the function as the default.',
  'release/damaged':
    'A file of the installed heirloom package differs from the published one. Reinstall the package.',
  'engine/not-wasm':
    'The bytes are not a WebAssembly module that this release can meter. Use the QuickJS module of an engine ' +
    'package, unchanged; the message says what was found, and where.',
  'engine/not-an-engine':
    'The WebAssembly module does not have the exports and imports of an engine. Use the ' +
    'QuickJS module of an engine package; the message names what is missing.',
  'engine/supervisor-broken':
    'The supervisor threw an error, or did not define its entry points, while the base image was built. ' +
    'Use the supervisor of a release.',
  'engine/image-broken': 'The bytes are not a base image of this engine. Build the image again.',
  'engine/host-stack':
    'The stack of the thread that runs the engines overflowed. Start the thread with the default stack ' +
    'size, 64 MiB.',
  'engine/host-memory':
    'This machine did not give a vat the memory that the vat may have. Nothing was recorded; give the process ' +
    'more memory, or keep fewer vats in it (residentBytes), and open the store again.',
  'trace/unwritable': 'The trace file cannot be written. Choose another path, or check the permissions.',
  'vat/unknown': 'There is no vat with this name or id. `heirloom vats` lists them.',
  'vat/not-started': 'The vat has been requested but has not started yet. Run the kernel, then try again.',
  'vat/terminated': 'The vat has terminated, so it no longer has a heap.',
  'vat/parameters-unknown':
    'The parameters with which the vat was started were not recorded. Pass them explicitly.',
  'vat/name-taken': 'There is already a vat with this name. Choose another name.',
  'vat/name-invalid':
    'The name of a vat consists of 1 to 199 letters, digits, dots, dashes or underscores, and starts with ' +
    'a letter.',
  'upgrade/check-failed':
    'The trial could not be completed: the kernel, an engine or the store failed, or the upgrade could ' +
    'not begin. Nothing has changed; the upgrade itself would fail in the same way.',
  'salvage/threw':
    'The salvage bundle threw an error, or its promise was rejected. Correct the bundle; the vat is ' +
    'unchanged.',
  'salvage/bundle-broken':
    'The salvage bundle could not be evaluated, or does not export a function salvage. Correct the ' +
    'bundle; the vat is unchanged.',
  'salvage/never-settled':
    'The promise of salvage can never settle in a copy of the heap. Do not await anything that another ' +
    'vat has to answer.',
  'salvage/not-durable':
    'The result of salvage cannot be stored in a baggage. Return only plain data, durable objects and ' +
    'objects of other vats; the message says where something else was found.',
  'salvage/wrote':
    'A salvage may only read, but it sent a message, settled a promise or stored something. None of this ' +
    'took effect; the message says which it was.',
  'salvage/exhausted':
    'The salvage exceeded its limit of computrons or heap. Raise the limit (computrons, heapLimitBytes), ' +
    'or do less in it.',
  'salvage/failed':
    'The copy of the vat stopped during the salvage; the message says why. The vat is unchanged.',
  'salvage/only-durable':
    'Salvaged data is passed in the baggage of the next incarnation, which only an upgrade in `durable` ' +
    'mode has. Use that mode.',
  'worker/too-old':
    'The vat runs on a worker of a release that does not support salvage. Upgrade the vat to a newer ' +
    'worker first.',
  'prepare/not-committed':
    'The vat has no committed deliveries in this incarnation, and only committed deliveries can be ' +
    'replayed in the background. Commit, then prepare.',
  'prepare/too-many':
    'The maximum number of replays is already being prepared. Await one of them, then try again.',
  'prepare/replaced':
    'A newer preparation for the same vat, with another bundle, replaced this one. Await the newer one.',
  'prepare/outdated':
    'The vat was upgraded, changed or terminated during the preparation, so the prepared replay cannot be ' +
    'used. Prepare again if you still need it.',
  'prepare/failed':
    'The thread that prepared the replay failed. Nothing has changed; the upgrade will do the whole ' +
    'replay itself.',
  'worker/unknown':
    'No worker version with this id or label is installed. `heirloom worker list` lists them; install it first.',
  'worker/build-ended':
    'The base image of the worker version was not built: it took too long, or the build was cancelled. ' +
    'Nothing was installed.',
  'worker/image-differs':
    'The engine builds another base image here than elsewhere, so vats on it would behave differently here. ' +
    'Do not use it on this machine; compare the versions of Node and the engine files.',
  'worker/wire-unknown':
    'The supervisor speaks a version of the worker wire that this release, or the kernel of the store, does not. ' +
    'Use a release or a kernel that does; `heirloom kernel show` lists those of the kernel.',
  'worker/rollout-active':
    'A rollout is not over yet. Finish it, or abort it with `heirloom rollout abort`.',
  'worker/needs-history':
    'A rollout by replay needs the transcripts of all incarnations that run. Set the retention to `incarnation` ' +
    'or `all`, or use the mode `restart`.',
  'worker/no-rollout': 'There is no rollout that could be paused, resumed or aborted.',
  'value/not-passable':
    'The value cannot be passed to a vat. Pass plain data, and references to objects of vats.',
  'value/too-large':
    'The message exceeds the limit on its size or on its number of references. Split it into several ' +
    'messages.',
  'value/not-durable':
    'Durable data may refer only to durable objects and to objects of other vats. Make the object ' +
    'durable, or store its data instead.',
  'key/too-long': 'The key is too long in its stored form. Use a shorter key, such as a number or a hash.',
  'export/label-taken':
    'This label is already in use. A label names one export of a vat and is connected once per incarnation.',
  'export/label-unknown': 'The vat has no export with this label. Check the label, or name the export first.',
  'export/named-too-late':
    'The object has already left the vat. Name an object before it is exported for the first time.',
  'export/not-empty':
    'The directory is not empty. Choose an empty directory, or one that does not exist yet.',
  'export/not-found': 'There is no complete export in this directory. Check the path, or export again.',
  'export/newer-format': 'The export was written by a newer release. Use that release or a later one.',
  'export/corrupt-manifest': 'The manifest of the export is damaged. Copy or download the export again.',
  'export/other-root':
    'The export is complete, but it is not the one that was requested. Check the root hash, or get the ' +
    'right export.',
  'export/missing-artifact': 'A file of the export is missing. Copy or download the export again.',
  'export/corrupt-artifact':
    'A file of the export does not match its hash. Copy or download the export again.',
  'export/malformed':
    'A file of the export matches its hash, but its content is invalid. The export was not created by ' +
    'Heirloom, or was altered; get it from a source that you trust.',
  'export/deviates':
    'The files of the export match their hashes, but the store in them is inconsistent. It was exported ' +
    'from a damaged store, or was not created by Heirloom. No store was created.',
  'kind/too-many':
    'The vat has reached the maximum number of durable kinds. Create each kind once, keep its handle in ' +
    'the baggage, and abandon unused kinds in an upgrade.',
  'kind/defined-twice':
    'A durable kind can be defined only once per incarnation. Remove the second definition.',
  'storage/quota-exceeded':
    'The vat has reached its storage limit, so nothing was stored. Delete data that is no longer needed, ' +
    'or raise storageLimit.',
  'kind/migration-failed':
    'A migration of a durable kind threw an error, or returned an invalid state. The record is unchanged; ' +
    'correct the migration.',
  'port/unknown': 'There is no port with this name. Check the name, or open the port first.',
  'port/name-invalid':
    'The name of a port consists of 1 to 64 letters, digits, dots, dashes or underscores, and starts with ' +
    'a letter.',
  'port/gap':
    'Items must be delivered in order, and earlier items are missing. Deliver those first; the message ' +
    'names the next number.',
  'port/full':
    'The maximum number of items is waiting at the port. Run the kernel so that they are received, then ' +
    'deliver again.',
  'port/too-large':
    'The item exceeds the limit on its size or on its number of references. Split it into several items.',
  'port/not-sent':
    'The port has not sent an item with this number, or its block is not committed yet. Acknowledge only ' +
    'items that you have received.',
  'time/backwards': 'The time cannot move backwards. Pass a time that is not earlier than the previous one.',
  'config/unreadable': 'The configuration file cannot be read. Check its path and permissions.',
  'config/not-json': 'The configuration file is not valid JSON. The message says where the error is.',
  'config/invalid':
    'The configuration is invalid at the place that the message names. Nothing was created. See ' +
    'docs/configuration.md.',
  'config/vat-refused':
    'A vat of the configuration did not start. Nothing was created; correct its code and try again.',
  'patch/bad-id': 'The id of a patch must be a text of 1 to 200 characters. Use a short constant text.',
  'function/refused':
    'The bundle threw an error while it was evaluated, or does not export a function as the default. The ' +
    'previous function stays in place; correct the bundle.',
  'function/unloadable':
    'The installed function cannot be evaluated in this incarnation; perhaps its endowments have changed. ' +
    'Install another function, or revert to an earlier one.',
  'function/unknown':
    'No function with this number was installed. List the installed functions with installed().',
  'object/unknown': 'The kernel has no such object, or no longer has it. Ask its vat for the object again.',
  'object/not-pinned': 'The object is not pinned. Unpin an object only as often as it was pinned.',
  'result/unknown':
    'No result with this number is kept for the host. Use the handle that send returned, and do not ' +
    'forget the result before you read it.',
  'api/bad-argument': 'An argument is invalid. The message names the argument and says what it must be.',
  'api/busy': 'A run or a commit is in progress. Await it before the next call.',
  'api/shut-down': 'This controller has been shut down. Open the store again.',
  'machine/gone':
    'The machine thread ended unexpectedly. The store is at its last committed block; open it again, or call ' +
    'retryKernel().',
  'machine/failed':
    'Something below the kernel failed on this machine: the disk, the store, an engine. Nothing was written, and ' +
    'no vat has noticed. The store is at its last committed block: remove the cause, then open it again or call ' +
    'retryKernel(), and repeat what was not committed.',
  'machine/hung':
    'The machine thread showed no sign of life for longer than the watchdog allows, and was ended. The store is at ' +
    'its last committed block: open it again, or call retryKernel(). If it hangs again, the kernel or the disk ' +
    'is at fault; see docs/faults.md.',
  'machine/out-of-memory':
    'The machine thread ran out of memory and was ended. The store is at its last committed block: give Node ' +
    'more memory (--max-old-space-size), then open it again or call retryKernel().',
  'kernel/fault':
    'The kernel failed, and its work since the last block was taken back. `heirloom fault show` (`fault()`) says ' +
    'what waits and what to do. Report this as a bug in Heirloom.',
  'kernel/faulted':
    'The kernel has failed, so this was not accepted. The ways out: upgrade the kernel; suspend, upgrade or ' +
    'terminate the vat that provokes the fault; set an item aside; retry. See `heirloom fault show`.',
  'kernel/paused':
    'The kernel is paused, so it takes no messages and creates no vats. `heirloom status` says since when and why; ' +
    'after `heirloom unpause` (`resumeKernel()`), repeat the call.',
  'kernel/migrating':
    'A new kernel is bringing its tables up to date, a piece in each block. Run and commit until that is done ' +
    '(`heirloom run`), then repeat the call.',
  'kernel/unknown': 'No kernel with this id is installed. Install it first.',
  'kernel/in-place': 'The kernel is in place already.',
  'kernel/tables-differ':
    'The kernel does not take over tables of the version that the store has. Use one that does, step by step ' +
    'if need be.',
  'kernel/interface-too-old': 'The kernel is older than the one in place, and cannot take over from it.',
  'kernel/request-unknown':
    'Items wait in the inbox that the kernel does not know. Let the present kernel take them first.',
  'kernel/wire-unknown':
    'The kernel does not speak with a worker version that is installed. Move its vats to another version and ' +
    'retire it, or use another kernel.',
  'inputs/not-kept':
    'The inputs of these blocks were not recorded, or were pruned. Begin the replay with a copy of the store ' +
    'at a later block; the message names the first that is possible.',
  'inputs/not-reproduced':
    'The recorded inputs do not lead to the recorded block. The store is damaged, or the copy at which the ' +
    'replay began is. Audit both, and report it if they are sound.',
  'inputs/code-pruned':
    'The blocks were run with code that was removed from the store since. Begin the replay with a copy of ' +
    'the store that has it, or with a later block.',
  'inputs/no-way-back':
    'A kernel on trial was taken back in these blocks, and the copy is an import from within the trial, without ' +
    'the undo log. Begin the replay with a fork or a copy of the files, or with another block.',
  'inputs/later-base': 'The copy is at the last block of the store, or a later one. Use a copy of an earlier block.',
  'inputs/other-base': 'The directory is not a copy of this store. Use a copy, a fork or an export of it.',
  'kernel/upgrade-failed':
    'The new kernel failed when it took over, or left its tables in disorder. The old kernel is in its place as ' +
    'before; the message says what failed.',
  'kernel/returned':
    'The new kernel failed while it was on trial, and the store is back on the kernel before it. What was ' +
    'accepted since the upgrade is done again; do not repeat it.',
  'kernel/on-trial':
    'The kernel is on trial, and what was asked would take away the way back. Wait until the trial is over.',
  'kernel/not-faulted': 'The kernel is not faulted, so there is nothing to be repaired.',
  'kernel/no-item': 'No item with this number waits in the inbox or is set aside.',
  'kernel/inbox-full':
    'The maximum number of items waits for a kernel that failed or migrates its tables. Repair the kernel, or ' +
    'run to the end of the migration, then deliver the item again.',
  'kernel/replay-diverged':
    'A vat that was brought back into memory did not repeat its transcript: the store or the engine was ' +
    'changed. Restore the store from a backup, or the engine from a release.',
  'kernel/broken-bundle':
    'The kernel bundle of the store is missing or cannot be started. Restore the store from a backup.',
  'kernel/stack':
    'The calls of the kernel were nested deeper than the stack of this machine allows. Nothing was recorded. Open ' +
    'the store again; if it happens again, report it, and upgrade the kernel.',
  'kernel/too-new':
    'The kernel of this store is of a later release than this one. Use that release or a later one.',
  'kernel/too-old': 'The kernel of this store does not support this request. Upgrade the kernel first.',
  'plan/malformed': 'This is not a plan. The message names the place and what is wrong there; see docs/wires/plan.md.',
  'plan/active': 'Another plan is not done yet. Wait until it is, or abandon it with `heirloom plan abandon`.',
  'plan/conditions': 'What the plan expects does not hold, and nothing was done. The message lists each difference.',
  'plan/none': 'No plan is active, so there is nothing to be paused, resumed or abandoned.',
  'plan/state': 'The plan is not in a state in which this can be done. `heirloom plan status` shows its state.',
  'plan/budget': 'The step did not end within its budget. Look at what keeps its vats busy, or raise the budget.',
  'plan/never-settles': 'Nothing is left to run, and the answer is still pending: nothing can settle it.',
  'plan/answer-differs': 'The answer does not match the pattern of the probe.',
  'plan/deviates': 'The step has done something else than the certificate of the plan says. The report of the step has both.',
  'plan/not-rehearsed': 'The rehearsal found something against the plan, so there is nothing to be certified.',
  'plan/bad-certificate': 'This is not a certificate, or it was changed. Ask its author for the original file.',
  'plan/other-start': 'The store is not at the block from which the certificate began. Use a copy of that block.',
  'plan/power-unknown': 'The step names a power that is not there: a vat, an admin node or a port.',
  'plan/rollout-stopped': 'A vat could not follow its rollout. `heirloom rollout status` lists the vats.',
  'plan/held-too-long': 'The plan waited for an item at a port for more blocks than it may, and stopped.',
  'plan/holds': 'A plan is running, and this cannot wait until it ends. Repeat it afterwards, or pause the plan.',
  'plan/result-missing': 'The step refers to a result that an earlier step does not have.',
  'testing/pending':
    'A step of a test ended before its answer arrived. The vat that should answer is waiting for ' +
    'something that has not happened.',
  'app/not-empty': 'An app is created in a folder that is new or empty. Choose another folder; nothing was written.',
  'app/bad-name':
    'The last part of the path is the name of the app. Use lower-case letters, digits, and `.`, `_`, `-`, beginning ' +
    'with a letter or a digit; `heirloom`, `node_modules` and `favicon.ico` are taken.',
  'app/not-written':
    'The folder cannot be written; nothing of it is left. The message gives the reason. The folder around it must ' +
    'exist, and this user must be allowed to write to it.',
  'cli/usage': 'The command line is invalid. See `heirloom --help`, or `heirloom <verb> --help`.',
} as const satisfies Record<string, string>

const joined = <One extends object, Other extends object>(one: One, other: Other): One & Other => ({
  ...one,
  ...other,
})

/**
 * Every code with which the host API or a node refuses a request, with its meaning and what to do. Pure, so
 * that bundles which only refuse, such as the supervisor, do not contain the list.
 */
export const codes = /* @__PURE__ */ joined(hostCodes, nodeCodes)

/** A code of the list, such as `vat/unknown`. */
export type Code = keyof typeof codes

/** Throws a `CodedError` with a code of the list. */
export function refuse(code: Code, message: string, detail: Readonly<Record<string, unknown>> = {}): never {
  throw new CodedError<Code>(code, message, detail)
}

/** The codes of nodes, their HTTP API, their keys and their clients: a part of the list of `codes.ts`. */

/** Each with its meaning and what to do. */
export const nodeCodes = {
  'node/bad-genesis': 'This is not a genesis. The message names the place and what is wrong there; see docs/wires/genesis.md.',
  'node/other-chain': 'The store is of another chain, or begins with another genesis. Check the directory and the genesis file.',
  'node/not-a-node': 'The store is not that of a node. Create one with `heirloom node init`.',
  'node/newer-state': 'The state of the node was written by a newer release. Start that release or a later one.',
  'node/wrong-height': 'The block is not the next one. Deliver the blocks in order, each once.',
  'node/wrong-time': 'The time of the block is not after that of the block before, or too far ahead of it.',
  'node/other-block': 'Another block of this height was begun. Deliver that one; it goes on where it stopped.',
  'node/nothing-to-commit': 'No block was delivered since the last commit.',
  'node/halted':
    'An upgrade of the host is due at this height, and this release does not know it. Start the release that has the ' +
    'upgrade, or skip it on all nodes with `--skip-upgrade NAME@HEIGHT`.',
  'node/upgrade-failed':
    'The upgrade of the host failed, and nothing of it was written. Start a release in which it is repaired; it has ' +
    'the same name.',
  'node/no-query': 'There is no such query, or nothing that it asks for. The message lists the queries.',
  'node/bad-query': 'The query is malformed. The message says what it needs.',
  'node/no-home': 'This is not the directory of a node. Check the path, or create one with `heirloom node init`.',
  'node/home-exists':
    'There is something of a node in this directory, and nothing is overwritten. Choose another directory; to begin ' +
    'again with the same genesis, use `heirloom node reset`.',
  'node/bad-config':
    'The configuration of the node is invalid at the place that the message names. See docs/node.md for its keys.',
  'node/cannot-listen':
    'The node cannot listen there: another process does, or the address is not one of this machine. Choose another with ' +
    '`--host` and `--port`, or in config.json.',
  'node/bad-blocks':
    'The database of blocks is damaged. Restore the directory of the node from an export; the store is not affected.',
  'node/bad-export':
    'This is not an export of a node, or a file of it was changed. Export again with `heirloom node export`.',
  'node/bad-upgrades':
    'The module does not export the upgrades of a release. Export a record by name as its default; see docs/node.md.',
  'key/exists': 'There is a key with this name already, and no key is overwritten. Choose another name.',
  'key/unknown': 'There is no key with this name. `heirloom key list` lists them; `heirloom key new` creates one.',
  'key/bad-name':
    'The name of a key consists of 1 to 64 letters, digits, dots, dashes or underscores, and starts with a letter.',
  'key/readable-by-others':
    'Other users may read or change the file of this key, so it may no longer be a secret. If it still is, make the ' +
    'file private (`chmod 600`); else replace the key of the account.',
  'key/malformed': 'The file is not the file of a key, or was changed. Restore it from a backup.',
  'key/needs-passphrase':
    'The key has a passphrase. Put it into the environment variable HEIRLOOM_PASSPHRASE, or run the command at a ' +
    'terminal, which asks for it.',
  'key/wrong-passphrase': 'The passphrase is not that of the key, or the file of the key was changed.',
  'client/unreachable':
    'No node answers at this address. Start the node, or name its address with `--node URL` or HEIRLOOM_NODE.',
  'client/bad-answer': 'What answers at this address is not a node, or one of another release. Check the address.',
  'client/timeout':
    'It is not known yet what becomes of the transaction. Ask `heirloom query` later, or send it again: a message is ' +
    'executed once for each transaction, so look first whether this one is in a block.',
  'client/bad-key': 'This is not the seed of a key. A seed is 32 bytes, or 64 hexadecimal digits.',
  'node/no-block': 'No committed block has this height. The status of the node has the last one.',
  'node/no-transaction':
    'No block has the transaction, and it does not wait for one. Submit it again, unless it has expired.',
  'node/full': 'Too many transactions wait. Submit the transaction again after the time in `Retry-After`.',
  'node/check-ended':
    'The check of the proposal was ended: it took longer than it may, or the node stops. Check fewer messages, or ' +
    'rehearse a plan on a copy of the store.',
  'node/stopped': 'The node makes no blocks: it opens or stops. Try again later, or at another node.',
  'http/bad-request': 'A part of the request is not of the form that the route needs. The message names the part.',
  'http/not-found': 'There is no such route, or not with this method. `/openapi.json` lists the routes.',
  'http/too-large': 'The body of the request is larger than the server takes. Send several smaller requests.',
  'http/wrong-host':
    'The name in `Host` is not one of the server. Use its address, or allow the name when the server is started.',
  'http/wrong-origin': 'A page of another origin sent the request. Serve the page from an allowed name.',
  'http/wrong-content-type': 'A body must be JSON. Send it with `Content-Type: application/json`.',
  'http/too-many':
    'Too many requests, waiting requests or streams. Try again after the time in `Retry-After`.',
  'http/stopping': 'The server stops. Try again after the time in `Retry-After`, or at another node.',
  'http/internal': 'The server failed. Its log says why; report this as a bug in Heirloom.',
} as const satisfies Record<string, string>

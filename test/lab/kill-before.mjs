// Preloaded with --import: ends this process by SIGKILL just before one of its steps. A step changes the host or
// Portolan's notes about it. KILL_BEFORE is the step's number, from 1, or a kind, for the first step of that kind:
// sysctl, notes, journal, rules (by a program), netlink (links, addresses, rules), flows.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'

const last = process.env.KILL_BEFORE
let steps = 0

const step = (kind) => {
  steps += 1
  if (String(steps) === last || kind === last) process.kill(process.pid, 'SIGKILL')
}

/** Wraps a function: a call with arguments of a kind counts as a step of that kind. */
const watch = (owner, name, kindOf) => {
  const original = owner[name]
  owner[name] = function (...args) {
    const kind = kindOf(...args)
    if (kind !== null) step(kind)
    return original.apply(this, args)
  }
}

const sysctl = (path) => (String(path).startsWith('/proc/sys/') ? 'sysctl' : null)
const notes = (path) => (/\/(state-[^/]*\.json|[^/]*\.journal)$/.test(String(path)) ? 'notes' : null)
const changesRules = (program, args) =>
  (/(^|\/)nft$/.test(program) && args.includes('-f')) || /tables(-nft|-legacy)?(-restore)?$/.test(program)

watch(fs, 'writeFileSync', sysctl)
for (const [owner, suffix] of [
  [fs, 'Sync'],
  [fs.promises, ''],
]) {
  watch(owner, `rename${suffix}`, (_from, to) => notes(to))
  watch(owner, `rm${suffix}`, notes)
  watch(owner, `unlink${suffix}`, notes)
}
// Descriptors of open journals of a live host. A write knows only the number, so `openSync` notes it by the path.
const journals = new Set()
const { openSync } = fs
fs.openSync = (path, ...args) => {
  const descriptor = openSync(path, ...args)
  if (/\.journal(\.[\d-]+\.tmp)?$/.test(String(path))) journals.add(descriptor)
  else journals.delete(descriptor)
  return descriptor
}
// A closed number may come back for another file, opened in another way.
const { closeSync } = fs
fs.closeSync = (descriptor) => {
  journals.delete(descriptor)
  return closeSync(descriptor)
}
watch(fs, 'writeSync', (descriptor) => (journals.has(descriptor) ? 'journal' : null))
watch(fs, 'linkSync', (_from, to) => (/\.journal$/.test(String(to)) ? 'journal' : null))
watch(childProcess, 'spawn', (program, args) =>
  Array.isArray(args) && changesRules(String(program), args) ? 'rules' : null,
)

// linux/rtnetlink.h: new, deleted and changed links and addresses. linux/netfilter/nfnetlink.h: a batch, which has type
// 16 too. nfnetlink_conntrack.h: a deleted flow. A request for a dump changes nothing, whatever its type.
const FLOW = 0x102
const changing = new Set([16, 17, 19, 20, 21, FLOW])
const DUMP = 0x300
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
watch(require('netlink').RawNetlinkSocket.prototype, 'send', (message) => {
  const bytes = Array.isArray(message) ? message[0] : message
  const header = new DataView(bytes.buffer, bytes.byteOffset, 8)
  const type = header.getUint16(4, true)
  if (!changing.has(type) || (header.getUint16(6, true) & DUMP) === DUMP) return null
  return type === FLOW ? 'flows' : 'netlink'
})

syncBuiltinESMExports()

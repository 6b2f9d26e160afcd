// Preloaded with --import: ends this process by SIGKILL just before the step of that number with which it would change
// the host or what it remembers of it. KILL_BEFORE is the number, from 1.
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'

const last = Number(process.env.KILL_BEFORE)
let steps = 0

const step = () => {
  steps += 1
  if (steps === last) process.kill(process.pid, 'SIGKILL')
}

/** Wraps a function so that calls with such arguments are steps. */
const watch = (owner, name, isStep) => {
  const original = owner[name]
  owner[name] = function (...args) {
    if (isStep(...args)) step()
    return original.apply(this, args)
  }
}

const isSysctl = (path) => String(path).startsWith('/proc/sys/')
const isState = (path) => /\/state-[^/]*\.json$/.test(String(path))
const changesRules = (program, args) =>
  (/(^|\/)nft$/.test(program) && args.includes('-f')) || /tables(-nft|-legacy)?(-restore)?$/.test(program)

watch(fs, 'writeFileSync', isSysctl)
for (const [owner, suffix] of [
  [fs, 'Sync'],
  [fs.promises, ''],
]) {
  watch(owner, `rename${suffix}`, (_from, to) => isState(to))
  watch(owner, `rm${suffix}`, isState)
  watch(owner, `unlink${suffix}`, isState)
}
watch(childProcess, 'spawn', (program, args) => Array.isArray(args) && changesRules(String(program), args))

// linux/rtnetlink.h: new, deleted and changed links and addresses; linux/netfilter/nfnetlink.h: a batch, which is 16
// too; nfnetlink_conntrack.h: a deletion. What asks for a dump changes nothing, whatever its type.
const changing = new Set([16, 17, 19, 20, 21, 0x102])
const DUMP = 0x300
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
watch(require('netlink').RawNetlinkSocket.prototype, 'send', (message) => {
  const bytes = Array.isArray(message) ? message[0] : message
  const header = new DataView(bytes.buffer, bytes.byteOffset, 8)
  return changing.has(header.getUint16(4, true)) && (header.getUint16(6, true) & DUMP) !== DUMP
})

syncBuiltinESMExports()

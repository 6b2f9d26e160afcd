// Preloaded with --import: runs the shell command CHANGE_BEFORE once, just before this process sends its first batch of
// changes of nf_tables: what another program does between a reading and a change.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'

let command = process.env.CHANGE_BEFORE

// linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN, for the subsystem NFNL_SUBSYS_NFTABLES. A link is of type 16 too.
const [BATCH_BEGIN, NFTABLES] = [16, 10]
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
const { prototype } = require('netlink').RawNetlinkSocket
const { send } = prototype
prototype.send = function (message, ...rest) {
  const isBatch = message.readUInt16LE?.(4) === BATCH_BEGIN && message.readUInt16BE(18) === NFTABLES
  if (isBatch && command !== undefined) {
    const once = command
    command = undefined
    execFileSync('/bin/sh', ['-c', once], { env: { ...process.env, NODE_OPTIONS: '' } })
  }
  return send.call(this, message, ...rest)
}

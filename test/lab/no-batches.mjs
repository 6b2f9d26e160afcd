// Preloaded with --import: no batch of changes of nf_tables fits the send buffer, so that nft is handed their text.
import { createRequire } from 'node:module'

// linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN, for the subsystem NFNL_SUBSYS_NFTABLES. A link is of type 16 too.
const [BATCH_BEGIN, NFTABLES] = [16, 10]
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
const { prototype } = require('netlink').RawNetlinkSocket
const { send } = prototype
prototype.send = function (message, options, sent) {
  const isBatch = message.readUInt16LE?.(4) === BATCH_BEGIN && message.readUInt16BE(18) === NFTABLES
  if (!isBatch) return send.call(this, message, options, sent)
  const error = Object.assign(new Error('sendmsg: Message too long'), { code: 'EMSGSIZE' })
  process.nextTick(sent, error)
}

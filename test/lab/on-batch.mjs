import { createRequire } from 'node:module'

// linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN, for the subsystem NFNL_SUBSYS_NFTABLES. The subsystem is compared
// too, because a message about a link has type 16 as well.
const [BATCH_BEGIN, NFTABLES] = [16, 10]
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
const { prototype } = require('netlink').RawNetlinkSocket

const isBatch = (message) =>
  message.readUInt16LE?.(4) === BATCH_BEGIN && message.readUInt16BE(18) === NFTABLES

/**
 * Calls `act` just before this process sends a batch of nf_tables changes. For modules preloaded with --import.
 * @param act - may return an error. The batch is then not sent, and the sender gets the error
 */
export const onBatch = (act) => {
  const { send } = prototype
  prototype.send = function (message, options, sent) {
    const error = isBatch(message) ? act() : undefined
    if (error === undefined) return send.call(this, message, options, sent)
    process.nextTick(sent, error)
  }
}

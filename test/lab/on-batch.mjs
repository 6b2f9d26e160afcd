import { createRequire } from 'node:module'

// linux/netfilter/nfnetlink.h: NFNL_MSG_BATCH_BEGIN, for the subsystem NFNL_SUBSYS_NFTABLES. A link is of type 16 too.
const [BATCH_BEGIN, NFTABLES] = [16, 10]
const require = createRequire(new URL('../../packages/host/package.json', import.meta.url))
const { prototype } = require('netlink').RawNetlinkSocket

const isBatch = (message) =>
  message.readUInt16LE?.(4) === BATCH_BEGIN && message.readUInt16BE(18) === NFTABLES

/**
 * For what is preloaded with --import: calls `act` just before this process sends a batch of changes of nf_tables.
 * @param act - gives an error: then nothing is sent, and that is what becomes of it
 */
export const onBatch = (act) => {
  const { send } = prototype
  prototype.send = function (message, options, sent) {
    const error = isBatch(message) ? act() : undefined
    if (error === undefined) return send.call(this, message, options, sent)
    process.nextTick(sent, error)
  }
}

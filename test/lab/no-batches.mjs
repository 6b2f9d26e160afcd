// Preloaded with --import: every batch of nf_tables changes fails as too large for the send buffer. So Portolan passes
// the text to the nft program instead.
import { onBatch } from './on-batch.mjs'

onBatch(() => Object.assign(new Error('sendmsg: Message too long'), { code: 'EMSGSIZE' }))

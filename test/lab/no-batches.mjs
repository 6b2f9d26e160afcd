// Preloaded with --import: no batch of changes of nf_tables fits the send buffer, so that nft is handed their text.
import { onBatch } from './on-batch.mjs'

onBatch(() => Object.assign(new Error('sendmsg: Message too long'), { code: 'EMSGSIZE' }))

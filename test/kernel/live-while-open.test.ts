import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { whileOpen } from './live/while-open.ts'

for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle(
    'a live project that stays open while another program deletes a bridge',
    backend,
    whileOpen,
  )

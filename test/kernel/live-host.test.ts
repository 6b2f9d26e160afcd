import { playedBackends } from '../lab/played-backends.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { life } from './live/life.ts'
import { otherBackend } from './live/other-backend.ts'
import { watchCommand } from './live/watch-command.ts'
import { watching } from './live/watching.ts'

for (const backend of playedBackends(['nftables', 'iptables-nft']))
  describeLifecycle('a live project', backend, life)
for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('a live project that is watched', backend, watching)
for (const backend of playedBackends(['nftables', 'iptables-nft']))
  describeLifecycle('a live project that another program opens with another backend', backend, otherBackend)
for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('portolan watch', backend, watchCommand)

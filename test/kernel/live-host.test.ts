import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'
import { life } from './live/life.ts'
import { otherBackend } from './live/other-backend.ts'
import { watchCommand } from './live/watch-command.ts'
import { watching } from './live/watching.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const) {
  describeLifecycle('a live project', backend, life)
  describeLifecycle('a live project that is watched', backend, watching)
  describeLifecycle('a live project that another program opens with another backend', backend, otherBackend)
  describeLifecycle('portolan watch', backend, watchCommand)
}

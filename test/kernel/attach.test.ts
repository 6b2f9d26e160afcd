import { attaching } from './attach/attaching.ts'
import { byCommand } from './attach/by-command.ts'
import { failures } from './attach/failures.ts'
import { inside } from './attach/inside.ts'
import { randomAttach } from './attach/random-attach.ts'
import { routes } from './attach/routes.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
  describeLifecycle('attach', backend, attaching)
describeLifecycle('what is attached', 'nftables', inside)
describeLifecycle('an attach', 'nftables', failures)
describeLifecycle('routes of what is attached', 'nftables', routes)
describeLifecycle('random sequences of attach', 'nftables', randomAttach)
for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('the commands attach and detach', backend, byCommand)

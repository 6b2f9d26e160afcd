import { playedBackends } from '../lab/played-backends.ts'
import { attaching } from './attach/attaching.ts'
import { byCommand } from './attach/by-command.ts'
import { failures } from './attach/failures.ts'
import { inside } from './attach/inside.ts'
import { randomAttach } from './attach/random-attach.ts'
import { routes } from './attach/routes.ts'
import { describeLifecycle } from './lifecycle/describe-lifecycle.ts'

for (const backend of playedBackends(['nftables', 'iptables-legacy']))
  describeLifecycle('attached processes', backend, attaching)
describeLifecycle('the network of an attached process', 'nftables', inside)
describeLifecycle('an attach that fails, is killed or is refused', 'nftables', failures)
describeLifecycle('routes and isolation of attached processes', 'nftables', routes)
describeLifecycle('random sequences of attach, detach and publish', 'nftables', randomAttach)
for (const backend of ['nftables', 'iptables-nft'] as const)
  describeLifecycle('the commands attach and detach', backend, byCommand)

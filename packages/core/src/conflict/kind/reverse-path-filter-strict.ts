import type { DesiredNetwork } from '../../contract/index.ts'
import { aboutNetwork, type Conflict, culpritOutsideRules } from '../conflict.ts'
import { sysctlCommands } from '../remedy/sysctl-command.ts'

/**
 * Containers of a network are also on a second one, and the reverse path filter of the network's bridge is strict. The
 * kernel drops packets that they send over this bridge from their other address. The routes of a container decide
 * whether it sends such packets.
 * @see net/ipv4/fib_frontend.c `fib_validate_source`
 * @internal
 */
export const reversePathFilterStrict = (
  { name: network, bridge, external }: DesiredNetwork,
  {
    name,
    value,
    services,
  }: { readonly name: string; readonly value: string | null; readonly services: readonly string[] },
): Conflict => ({
  kind: 'ReversePathFilterStrict',
  severity: 'warning',
  certainty: 'possible',
  ...aboutNetwork(network),
  message:
    `Replies of ${services.join(', ')} may be dropped: each container is on network ${network} and on another network. ` +
    `The kernel drops a reply that leaves by ${bridge} from the container's other address, because the reverse path filter of ${bridge} is strict. ` +
    reason(external),
  witness: null,
  culprit: culpritOutsideRules('sysctl', value === null ? `${name} = ?` : `${name} = ${value}`),
  remedy: {
    text:
      value === null
        ? `Set ${name} to 2 (loose) once the bridge is there.`
        : `Set ${name} to 2 (loose), also where it is set at boot (sysctl.d(5)).`,
    commands: sysctlCommands(name, '2'),
  },
  trace: [],
})

const reason = (external: boolean): string =>
  external ? 'The bridge is not Portolan’s, so the plan leaves it alone.' : 'The plan may not set sysctls.'

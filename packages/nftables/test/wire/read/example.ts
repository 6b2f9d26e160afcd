import { compile, type Ruleset } from '../../../src/index.ts'
import { mapping, network, state, target } from '../../arbitrary/example.ts'

/** A table with every kind of rule, set and map that Portolan writes. */
export const everyKind: Ruleset = compile(
  state({
    networks: [
      network({
        ip6: { subnet: 'fd00:1::/64', gateway: 'fd00:1::fe', mode: 'nat', masquerade: true },
      }),
      network({
        name: 'routed',
        bridge: 'br-routed',
        ip: { subnet: '172.32.0.0/12', gateway: '172.32.0.1', mode: 'routed', masquerade: false },
        ip6: { subnet: 'fd00:2::/63', gateway: 'fd00:2::1', mode: 'routed', masquerade: false },
      }),
      network({
        name: 'kept',
        bridge: 'br-kept',
        internal: true,
        ip: { subnet: '10.9.0.0/24', gateway: null, mode: 'isolated', masquerade: false },
      }),
      network({ name: 'joined', bridge: 'docker0', external: true }),
    ],
    mappings: [
      mapping(),
      mapping({ hostAddress: '192.0.2.2', protocol: 'udp', allowFrom: ['10.0.0.0/8', '192.0.2.0/25'] }),
      mapping({ hostPort: 81, targets: [target(), target({ address: '172.17.0.2', weight: 3 })] }),
      mapping({ hostPort: 82, targets: [target(), target({ address: '172.17.0.2' })] }),
      mapping({ hostPort: 83, interface: 'eth0', allowFrom: ['10.0.0.0/9', '10.128.0.0/10'] }),
      mapping({
        family: 'ip6',
        hostPort: 84,
        protocol: 'sctp',
        allowFrom: ['2001:db8::1/128', 'fe80::/10'],
        targets: [target({ address: 'fd00:1::2' })],
      }),
      mapping({
        kind: 'direct',
        hostPort: 85,
        allowFrom: ['198.51.100.7/32'],
        targets: [target({ address: '172.32.0.9', network: 'routed' })],
      }),
    ],
    guardForwarding: true,
  }),
)

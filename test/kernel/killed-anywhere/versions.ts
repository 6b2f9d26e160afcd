import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'

/** The address of the only container. */
export const containerAddress = '172.17.0.10'

/** A version of a project: its Compose file, the host ports that are open to all, and those open to the client only. */
export interface Version {
  readonly text: string
  readonly open: readonly number[]
  readonly restricted: readonly number[]
}

const versionOf = (open: readonly number[], restricted: readonly number[], more: string): Version => ({
  open,
  restricted,
  text: `name: shop
networks:
  web: { enable_ipv6: true, ipam: { config: [{ subnet: 172.17.0.0/16, gateway: 172.17.42.1 }] } }
services:
  nginx:
    networks: { web: { ipv4_address: ${containerAddress} } }
    ports:
${open.map((port) => `      - '${port}:80'\n`).join('')}${restricted
  .map(
    (port) =>
      `      - { target: 80, published: ${port}, x-portolan: { allow_from: [${addresses.ip.client}] } }\n`,
  )
  .join('')}${more}`,
})

/** From one version to the other, ports are added, removed, opened and restricted. */
export const versions: readonly [Version, Version] = [
  versionOf([8080], [8081, 8083], ''),
  versionOf([8082], [8080, 8083], "      - '9000-9040:9000-9040'\n      - '53:53/udp'\n"),
]

/** Host ports that only the client may reach, in both versions. */
export const closedPorts: readonly number[] = [8081, 8083]

const noForwarding = 'echo 0 > /proc/sys/net/ipv4/ip_forward'
const noGateway = 'ip addr flush dev "$BRIDGE" scope global'

const withoutJump = (program: string): string =>
  `${program} -t nat -S PREROUTING | sed -n '/PORTOLAN/{s/^-A/-D/p;q}' | xargs ${program} -w 5 -t nat`

/** Damage by other programs that opens nothing. So a port that is seen open is the fault of the killed program. */
export const closingDrifts: Readonly<Record<Backend, readonly [string, ...string[]]>> = {
  nftables: [
    noForwarding,
    noGateway,
    'nft flush map inet portolan dnat4',
    'nft flush chain inet portolan published_ports',
  ],
  'iptables-nft': [noForwarding, noGateway, withoutJump('iptables-nft')],
  'iptables-legacy': [noForwarding, noGateway, withoutJump('iptables-legacy')],
}

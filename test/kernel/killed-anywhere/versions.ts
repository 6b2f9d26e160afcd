import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'

/** The address of the one container. */
export const containerAddress = '172.17.0.10'

/** A version of a project: its Compose file, and which host ports are open to all and to the client alone. */
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

/** Between the two, ports come, go, are opened and are restricted. */
export const versions: readonly [Version, Version] = [
  versionOf([8080], [8081, 8083], ''),
  versionOf([8082], [8080, 8083], "      - '9000-9040:9000-9040'\n      - '53:53/udp'\n"),
]

/** Host ports that are closed to others than the client in both. */
export const closed: readonly number[] = [8081, 8083]

const noForwarding = 'echo 0 > /proc/sys/net/ipv4/ip_forward'
const noGateway = 'ip addr flush dev "$BRIDGE" scope global'

const withoutJump = (program: string): string =>
  `${program} -t nat -S PREROUTING | sed -n '/PORTOLAN/{s/^-A/-D/p;q}' | xargs ${program} -w 5 -t nat`

/** What others break so that nothing opens by it: what is seen open meanwhile is the work of the program that is killed. */
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
